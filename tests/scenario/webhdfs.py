"""WebHDFS as the tests speak it: a small client of its own, for HDFS and for the stand-in alike."""

import http.client
import json
import urllib.parse


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status} {text[:300]}")
        self.status, self.text = status, text


class Webhdfs:
    def __init__(self, address, user="systest"):
        self.address, self.user = address, user  # host:port of the NameNode

    def url(self, path=""):
        return f"webhdfs://{self.user}@{self.address}{path}"

    def ask(self, method, path, op, body=None, **params):
        """One operation; follows one redirection and sends the body only there. (status, bytes).

        For minutes the NameNode goes on naming a DataNode that died, one of the replicas' at random: where the connection
        is refused nothing was done, so it is asked again."""
        query = urllib.parse.urlencode({"op": op, "user.name": self.user, **params})
        for chance in range(32, -1, -1):
            status, location, data = self.send(method, self.address, f"/webhdfs/v1{urllib.parse.quote(path)}?{query}", None)
            if status != 307:
                break
            there = urllib.parse.urlsplit(location)
            try:
                status, _, data = self.send(method, there.netloc, f"{there.path}?{there.query}", body)
                break
            except ConnectionRefusedError:
                if chance == 0:
                    raise
        if status >= 300:
            raise Refused(status, data.decode("utf-8", "replace"))
        return status, data

    @staticmethod
    def send(method, address, target, body):
        connection = http.client.HTTPConnection(address, timeout=60)
        try:
            headers = {"Content-Type": "application/octet-stream"} if body is not None else {}
            connection.request(method, target, body=body if body is not None else (b"" if method != "GET" else None), headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location"), answer.read()
        finally:
            connection.close()

    def create(self, path, data):
        return self.ask("PUT", path, "CREATE", body=data, overwrite="false", createflag="create,sync_block")[0]

    def read(self, path):
        return self.ask("GET", path, "OPEN")[1]

    def rename(self, path, target):
        return json.loads(self.ask("PUT", path, "RENAME", destination=target)[1])["boolean"]

    def touch(self, path, time_ms):
        return self.ask("PUT", path, "SETTIMES", modificationtime=time_ms)[0]

    def mkdirs(self, path):
        return json.loads(self.ask("PUT", path, "MKDIRS")[1])["boolean"]

    def delete(self, path):
        return json.loads(self.ask("DELETE", path, "DELETE", recursive="true")[1])["boolean"]

    def status(self, path):
        return json.loads(self.ask("GET", path, "GETFILESTATUS")[1])["FileStatus"]

    def entries(self, path):
        """[(name, is a directory, length)], [] when there is no such directory."""
        try:
            answer = json.loads(self.ask("GET", path, "LISTSTATUS")[1])
        except Refused as refused:
            if refused.status == 404:
                return []
            raise
        return [(entry["pathSuffix"], entry["type"] == "DIRECTORY", entry["length"])
                for entry in answer["FileStatuses"]["FileStatus"]]

    def files(self, path):
        """Every file below the path."""
        for name, is_directory, _ in self.entries(path):
            if is_directory:
                yield from self.files(f"{path}/{name}")
            else:
                yield f"{path}/{name}"

    def under_construction(self, path):
        """The files below the path that somebody still has open."""
        open_files = []
        for name in self.files(path):
            blocks = json.loads(self.ask("GET", name, "GET_BLOCK_LOCATIONS")[1])
            if blocks["LocatedBlocks"].get("isUnderConstruction"):
                open_files.append(name)
        return open_files
