"""A WebHDFS with the manners of Hadoop 3's: NameNodes and DataNodes as threads of the test, one name space in memory. Each
behaviour names the Hadoop class that it imitates. A script may say for any request what becomes of it and of its answer:

    fake.script = lambda request: Fate(apply="late", answer="drop") if request.op == "RENAME" else None

apply: yes, no, late (on its own, `delay` seconds later); answer: send, drop (close without a word), reset (RST), stall (never);
delay: seconds before the answer. `fake.refuse` may return a Remote for any request instead. `fake.lie(request, answer)` may return
pieces of bytes to send in the place of an answer (status, headers, body); then the connection is closed, but for request.keep. The edits a failover would lose are not modelled here: the simulator does that."""

import json
import queue
import socket
import threading
import time
import urllib.parse

from harness import hold_port, reset

HADOOP = "org.apache.hadoop."
JAVA = "java.io."
BODY_MAX = 64 << 20


class Fate:
    def __init__(self, apply="yes", answer="send", delay=0.0):
        self.apply, self.answer, self.delay = apply, answer, delay


class Remote(Exception):
    """A RemoteException: HTTP status, class, message."""

    def __init__(self, status, name, message):
        super().__init__(f"{name}: {message}")
        self.status, self.name, self.message = status, name, message


def missing(path):
    return Remote(404, JAVA + "FileNotFoundException", f"File does not exist: {path}")


class Node:
    """A directory (entries) or a file (data; complete once it is closed)."""

    def __init__(self, file_id, is_directory):
        self.file_id, self.is_directory = file_id, is_directory
        self.entries, self.data, self.complete = {}, b"", True
        self.modified = int(time.time() * 1000)

    def status(self, name):
        return {"accessTime": 0, "blockSize": 0 if self.is_directory else 134217728, "childrenNum": len(self.entries),
                "fileId": self.file_id, "group": "supergroup", "length": len(self.data) if self.complete else 0,
                "modificationTime": self.modified, "owner": "systest", "pathSuffix": name, "permission": "755",
                "replication": 0 if self.is_directory else 1, "storagePolicy": 0,
                "type": "DIRECTORY" if self.is_directory else "FILE"}


class Namespace:
    """FSNamesystem. Every method is one atomic act; the caller holds the lock."""

    def __init__(self):
        self.root, self.ids = Node(16385, True), 16385
        self.lock = threading.RLock()
        self.safe_mode = False
        self.placed = []  # targets of every rename that was done

    def new(self, is_directory):
        self.ids += 1
        return Node(self.ids, is_directory)

    @staticmethod
    def parts(path):
        return [part for part in path.split("/") if part]

    def find(self, path):
        node = self.root
        for part in self.parts(path):
            if not node.is_directory:
                raise Remote(403, HADOOP + "security.AccessControlException", f"{path} (is not a directory)")
            node = node.entries.get(part)
            if node is None:
                return None
        return node

    def writable(self, what):
        if self.safe_mode:
            raise Remote(403, HADOOP + "hdfs.server.namenode.SafeModeException", f"Cannot {what}. Name node is in safe mode.")

    def make_parents(self, path):
        node = self.root
        for part in self.parts(path):
            if part not in node.entries:
                node.entries[part] = self.new(True)
            node = node.entries[part]
            if not node.is_directory:
                raise Remote(403, HADOOP + "fs.ParentNotDirectoryException", f"{path} (is not a directory)")
        return node

    def create(self, path, create_parent=True):
        self.writable("create file" + path)
        folder, _, name = path.rpartition("/")
        if not create_parent and self.find(folder) is None:
            raise Remote(404, JAVA + "FileNotFoundException", f"Parent directory doesn't exist: {folder}")
        parent = self.make_parents(folder)
        there = parent.entries.get(name)
        if there is not None and there.is_directory:
            raise Remote(403, HADOOP + "fs.FileAlreadyExistsException", f"{path} already exists as a directory")
        if there is not None and not there.complete:
            raise Remote(403, HADOOP + "hdfs.protocol.AlreadyBeingCreatedException",
                         f"Failed to CREATE_FILE {path} because this file lease is currently owned by another")
        if there is not None:
            raise Remote(403, HADOOP + "fs.FileAlreadyExistsException", f"{path} for client 127.0.0.1 already exists")
        node = parent.entries[name] = self.new(False)
        node.complete = False
        return node

    def attached(self, node):
        """Whether a file under construction still has a name (its lease is lost with it)."""
        stack = [self.root]
        while stack:
            for child in stack.pop().entries.values():
                if child is node:
                    return True
                if child.is_directory:
                    stack.append(child)
        return False

    def rename(self, path, target):
        self.writable("rename " + path)
        source = self.find(path)
        folder, _, name = target.rpartition("/")
        parent, there = self.find(folder), self.find(target)
        if source is None or source is self.root:
            return False
        if there is source:
            return True
        if there is not None and there.is_directory:  # FSDirRenameOp: a source moves into an existing directory
            parent, name = there, self.parts(path)[-1]
            there = parent.entries.get(name)
        if there is not None or parent is None or not parent.is_directory:
            return False
        from_folder, _, from_name = path.rpartition("/")
        del self.find(from_folder).entries[from_name]
        parent.entries[name] = source
        self.placed.append(target)
        return True

    def delete(self, path, recursive):
        self.writable("delete " + path)
        node = self.find(path)
        if node is None:
            return False
        if node.is_directory and node.entries and not recursive:
            raise Remote(403, HADOOP + "fs.PathIsNotEmptyDirectoryException", f"`{path} is non empty': Directory is not empty")
        folder, _, name = path.rpartition("/")
        del self.find(folder).entries[name]
        return True


class Request:
    def __init__(self, method, target, headers, server):
        path, _, words = target.partition("?")
        query = {name: urllib.parse.unquote_plus(value) for name, _, value in (word.partition("=") for word in words.split("&"))}
        self.method, self.headers, self.server = method, headers, server
        self.path = urllib.parse.unquote(path).removeprefix("/webhdfs/v1") or "/"
        self.op, self.query = query.get("op", "").upper(), query
        self.number = 0  # counted from 1 over all servers

    def flag(self, name, default):
        return self.query.get(name, default).lower() == "true"


class Hand(threading.Thread):
    """Serves one connection after another: a thread for each would cost more than what it does."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.work = server, queue.SimpleQueue()
        self.start()

    def run(self):
        while True:
            self.server.serve(self.work.get())
            self.server.idle.append(self)


class Server(threading.Thread):
    """One NameNode or DataNode on a port of its own."""

    def __init__(self, fake, role, port=0):
        super().__init__(daemon=True, name=role)
        self.fake, self.role = fake, role
        self.standby = self.stopped = False
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.connections, self.idle = set(), []
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.add(connection)
            if self.stopped:  # it came with the end
                reset(connection)
                continue
            idle = self.idle.pop() if self.idle else Hand(self)
            idle.work.put(connection)

    def stop(self):
        """As a killed process: nobody answers, open connections are cut."""
        self.stopped = True
        self.listener.shutdown(socket.SHUT_RDWR)  # ends the accept() under way
        self.listener.close()
        for connection in list(self.connections):
            reset(connection)

    def serve(self, connection):
        stream = connection.makefile("rb")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while self.one(connection, stream):
                pass
        except (OSError, ValueError):
            pass
        finally:
            self.connections.discard(connection)
            connection.close()

    def one(self, connection, stream):
        line = stream.readline(65536).decode("ascii", "replace").split()
        if len(line) < 3 or line[0] not in ("GET", "PUT", "DELETE"):
            return False
        headers = {}
        while (header := stream.readline(65536).decode("latin-1").strip()):
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        request = Request(line[0], line[1], headers, self)
        request.connection, request.keep = connection, False
        return self.fake.handle(request, connection, stream)


class FakeWebhdfs:
    def __init__(self, namenodes=1, datanodes=1):
        self.space = Namespace()
        self.script = self.refuse = self.lie = None
        self.lock, self.count, self.counts = threading.Lock(), 0, {}
        self.datanodes = [Server(self, "datanode") for _ in range(datanodes)]
        self.held = [hold_port() for _ in range(namenodes)]
        self.ports = [held.getsockname()[1] for held in self.held]
        self.start_namenodes()
        for standby in self.namenodes[1:]:
            standby.standby = True

    def address(self):
        return ",".join(node.address for node in self.namenodes)

    def url(self, path, user="systest"):
        return f"webhdfs://{user}@{self.address()}{path}"

    def close(self):
        for server in self.namenodes + self.datanodes:
            server.stop()
        for held in self.held:
            held.close()

    def stop_namenodes(self):
        """Nobody answers any more; the name space is kept."""
        for node in self.namenodes:
            node.stop()

    def start_namenodes(self):
        """On their old ports."""
        self.namenodes = [Server(self, "namenode", port) for port in self.ports]

    # ---- one request

    def handle(self, request, connection, stream):
        with self.lock:
            self.count += 1
            request.number = self.count
            key = request.op if request.server.role == "namenode" else request.op + "@datanode"
            self.counts[key] = self.counts.get(key, 0) + 1
        fate = (self.script and self.script(request)) or Fate()
        body = None
        if request.server.role == "datanode" and request.op == "CREATE":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")  # the DataNode sends it asked or not
            return self.create(request, fate, connection, stream)
        length = int(request.headers.get("content-length", "0"))
        if length:
            body = stream.read(min(length, BODY_MAX))
        act = lambda: self.act(request, body)
        if fate.apply == "late":
            timer = threading.Timer(fate.delay, self.quietly, (act,))
            timer.daemon = True
            timer.start()
            answer = None
        elif fate.apply == "no":
            answer = None
        else:
            answer = self.answer_of(act)
        if answer is None and fate.answer == "send":
            fate.answer = "drop"
        return self.reply(request, fate, connection, answer)

    @staticmethod
    def quietly(act):
        try:
            act()
        except Remote:
            pass

    @staticmethod
    def answer_of(act):
        try:
            return act()
        except Remote as remote:
            text = {"RemoteException": {"exception": remote.name.rpartition(".")[2], "javaClassName": remote.name,
                                        "message": remote.message}}
            return remote.status, {}, json.dumps(text).encode()

    def reply(self, request, fate, connection, answer):
        if fate.delay and fate.apply != "late":
            time.sleep(fate.delay)  # delay: the latency that the script asked for
        if fate.answer == "stall":
            threading.Event().wait(600)
            return False
        if fate.answer == "reset":
            reset(connection)
            return False
        lie = self.lie and fate.answer != "drop" and self.lie(request, answer)
        if lie:
            for piece in lie:
                connection.sendall(piece)
            return request.keep
        if fate.answer == "drop":
            return False
        status, headers, body = answer
        keep = request.server.role == "namenode"  # a DataNode closes after every answer
        lines = [f"HTTP/1.1 {status} {'OK' if status < 300 else 'X'}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += ["Content-Type: application/json"] if body else []
        lines += [] if keep else ["connection: close"]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return keep

    # ---- CREATE at a DataNode

    def create(self, request, fate, connection, stream):
        length = int(request.headers.get("content-length", "-1"))
        if length < 0 or length > BODY_MAX:
            return self.reply(request, Fate(), connection, (400, {}, b"Content-Length is needed"))
        try:
            with self.space.lock:
                node = self.space.create(request.path, request.flag("createparent", "true")) if fate.apply == "yes" else None
        except Remote as remote:
            stream.read(length)
            return self.reply(request, fate, connection, self.answer_of(lambda: (_ for _ in ()).throw(remote)))
        data = stream.read(length)
        if fate.apply == "late":
            timer = threading.Timer(fate.delay, self.quietly, (lambda: self.create_late(request, data),))
            timer.daemon = True
            timer.start()
            fate.answer = "drop" if fate.answer == "send" else fate.answer
            return self.reply(request, fate, connection, None)
        if node is None:
            fate.answer = "drop" if fate.answer == "send" else fate.answer
            return self.reply(request, fate, connection, None)
        with self.space.lock:
            if not self.space.attached(node):  # LeaseExpired: its directory was deleted under it
                answer = self.answer_of(lambda: (_ for _ in ()).throw(Remote(
                    404, JAVA + "FileNotFoundException", f"File does not exist: {request.path} does not have any open files.")))
                return self.reply(request, fate, connection, answer)
            node.data, node.complete = data, True  # a client that goes away leaves the bytes it sent, closed
            node.modified = int(time.time() * 1000)
        if len(data) < length:
            return False
        return self.reply(request, fate, connection, (201, {"location": "hdfs://127.0.0.1" + request.path}, b""))

    def create_late(self, request, data):
        with self.space.lock:
            node = self.space.create(request.path, request.flag("createparent", "true"))
            node.data, node.complete = data, True

    # ---- all others

    def act(self, request, _body):
        refusal = self.refuse and self.refuse(request)
        if refusal:
            raise refusal
        if request.server.standby and request.op not in ("CREATE",):
            raise Remote(403, HADOOP + "ipc.StandbyException", "Operation category READ is not supported in state standby. Visit "
                         "https://s.apache.org/sbnn-error")
        handler = getattr(self, "op_" + request.op.lower(), None)
        if handler is None:
            raise Remote(400, "java.lang.IllegalArgumentException", f'Invalid value for webhdfs parameter "op": {request.op}')
        with self.space.lock:
            return handler(request)

    @staticmethod
    def boolean(value):
        return 200, {}, json.dumps({"boolean": value}).encode()

    def redirect(self, request):
        excluded = request.query.get("excludedatanodes", "")
        alive = [node for node in self.datanodes if node.address not in excluded and node.listener.fileno() >= 0]
        if not alive:
            raise Remote(403, JAVA + "IOException", "Failed to find datanode, suggest to check cluster health. "
                         f"excludeDatanodes={excluded}")
        node = alive[request.number % len(alive)]
        query = urllib.parse.urlencode({**request.query, "namenoderpcaddress": self.namenodes[0].address})
        where = f"http://{node.address}/webhdfs/v1{urllib.parse.quote(request.path)}?{query}"
        if request.flag("noredirect", "false"):
            return 200, {}, json.dumps({"Location": where}).encode()
        return 307, {"Location": where}, b""

    def op_create(self, request):
        return self.redirect(request)  # step 1 checks nothing about the path

    def op_open(self, request):
        node = self.space.find(request.path)
        if node is None or node.is_directory:
            raise missing(request.path)
        if request.server.role == "namenode":
            return self.redirect(request)
        return 200, {}, node.data

    def op_getfilestatus(self, request):
        node = self.space.find(request.path)
        if node is None:
            raise missing(request.path)
        return 200, {}, json.dumps({"FileStatus": node.status("")}).encode()

    def op_liststatus(self, request):
        node = self.space.find(request.path)
        if node is None:
            raise missing(request.path)
        rows = [child.status(name) for name, child in sorted(node.entries.items())] if node.is_directory else [node.status("")]
        return 200, {}, json.dumps({"FileStatuses": {"FileStatus": rows}}).encode()

    def op_liststatus_batch(self, request):
        node, after = self.space.find(request.path), request.query.get("startAfter", "")
        if node is None:
            raise missing(request.path)
        rows = [child.status(name) for name, child in sorted(node.entries.items()) if name > after]
        listing = {"partialListing": {"FileStatuses": {"FileStatus": rows[:1000]}}, "remainingEntries": max(0, len(rows) - 1000)}
        return 200, {}, json.dumps({"DirectoryListing": listing}).encode()

    def op_mkdirs(self, request):
        self.space.writable("create directory " + request.path)
        self.space.make_parents(request.path)
        return self.boolean(True)

    def op_rename(self, request):
        return self.boolean(self.space.rename(request.path, request.query.get("destination", "")))

    def op_settimes(self, request):
        self.space.writable("set times " + request.path)
        node = self.space.find(request.path)
        if node is None:
            raise Remote(404, JAVA + "FileNotFoundException", f"File/Directory {request.path} does not exist.")
        node.modified = int(request.query.get("modificationtime", "0"))
        return 200, {}, b""

    def op_delete(self, request):
        return self.boolean(self.space.delete(request.path, request.flag("recursive", "false")))

    def op_get_block_locations(self, request):
        node = self.space.find(request.path)
        if node is None:
            raise missing(request.path)
        return 200, {}, json.dumps({"LocatedBlocks": {"isUnderConstruction": not node.complete}}).encode()
