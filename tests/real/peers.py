#!/usr/bin/env python3
"""Apache Kafka (KRaft, one broker) and Apache HDFS (NameNode and up to three DataNodes, WebHDFS on) on this machine, from
their own jars. `peers.py up [--datanodes N] [--only kafka|hdfs]` starts them, says where they are, and stops them on Ctrl-C or TERM;
`peers.py topic BROKER NAME PARTITIONS` makes a topic; `peers.py fetch` only fills the cache of jars."""

import base64
import fcntl
import getpass
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))

from harness import Failed, Stage, expect, free_ports, http_get, is_open, until  # noqa: E402
from webhdfs import Refused, Webhdfs  # noqa: E402

COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
LOG4J = """log4j.rootLogger=INFO, err
log4j.appender.err=org.apache.log4j.ConsoleAppender
log4j.appender.err.target=System.err
log4j.appender.err.layout=org.apache.log4j.PatternLayout
log4j.appender.err.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n
"""
OPENED = "java.lang java.util java.util.zip java.net java.io sun.security.util sun.security.x509".split()
HADOOP = (["-Xmx256m", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true"]
          + [word for package in OPENED for word in ("--add-opens", f"java.base/{package}=ALL-UNNAMED")])
SERVER = "org.apache.hadoop.hdfs.server."
READY_SECONDS = 180


def missing_tools():
    """What has to be installed before anything here can run; "" when all is there."""
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr if shutil.which("java") else ""
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < 17:
        return "Java 17 or newer (packaging/deps.sh real)"
    return "" if shutil.which("mvn") else "Maven (packaging/deps.sh real)"


def jars(name):
    """The folder with the jars of one set, fetched with Maven when it is not in the cache; a changed pom is another folder."""
    pom = os.path.join(HERE, name + ".pom.xml")
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "tidemark")
    with open(pom, "rb") as file:
        folder = os.path.join(cache, f"{name}-{hashlib.sha256(file.read()).hexdigest()[:12]}")
    os.makedirs(cache, exist_ok=True)
    with open(os.path.join(cache, name + ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.isdir(folder):
            return folder
        print(f"fetching the jars of {name} once, into {folder}", file=sys.stderr, flush=True)
        new = tempfile.mkdtemp(prefix=name + "-new-", dir=cache)
        shutil.copy(pom, os.path.join(new, "pom.xml"))
        subprocess.run(["mvn", "-q", "-B", "-f", os.path.join(new, "pom.xml"), COPY, "-DincludeScope=runtime",
                        f"-DoutputDirectory={new}"], check=True, stdout=sys.stderr)
        os.rename(new, folder)
    return folder


def xml(properties):
    rows = "".join(f"  <property><name>{name}</name><value>{value}</value></property>\n" for name, value in properties.items())
    return f'<?xml version="1.0"?>\n<configuration>\n{rows}</configuration>\n'


class Kafka:
    """One broker that is its own controller. It keeps its port and its data when it is stopped and started again."""

    def __init__(self, stage):
        self.stage, self.lib, self.process = stage, jars("kafka"), None
        self.port, self.controller = free_ports(2)
        self.address = f"127.0.0.1:{self.port}"
        self.log4j = "-Dlog4j.configuration=file:" + stage.write("kafka/log4j.properties", LOG4J)
        self.conf = stage.write("kafka/server.properties", self.properties())

    def properties(self):
        return f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{self.controller}
listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{self.port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={self.stage.path("kafka", "data")}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
message.max.bytes=10485760
"""

    def tool(self, *arguments):
        return run_java(["-Xmx256m", "-XX:TieredStopAtLevel=1", self.log4j, "-cp", self.lib + "/*", *arguments])

    def start(self):
        if not os.path.exists(self.stage.path("kafka", "data", "meta.properties")):
            cluster = base64.urlsafe_b64encode(b"\x10" + os.urandom(15)).decode().rstrip("=")
            self.tool("kafka.tools.StorageTool", "format", "--ignore-formatted", "-c", self.conf, "-t", cluster)
        if self.process:
            self.process.start()
        else:
            expect(not is_open(self.port), f"port {self.port} is taken")
            self.process = self.stage.spawn("kafka", ["java", "-Xms256m", "-Xmx512m", self.log4j, "-cp", self.lib + "/*",
                                                      "kafka.Kafka", self.conf])
        until("Kafka", self.is_ready, READY_SECONDS, self.process)
        return self

    def is_ready(self):
        if not is_open(self.port):
            return False
        done = subprocess.run(["kcat", "-L", "-b", self.address, "-m", "2"], capture_output=True, text=True, check=False)
        return f"broker 1 at {self.address}" in done.stdout

    def create_topic(self, name, partitions):
        create_topic(self.address, name, partitions, self.tool)

    def group(self, name):
        """{(topic, partition): committed offset} of a consumer group."""
        said = self.tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server", self.address,
                         "--describe", "--group", name)
        rows = [line.split() for line in said.splitlines() if line.startswith(name)]
        return {(row[1], int(row[2])): int(row[3]) for row in rows if row[3].isdigit()}


def run_java(arguments):
    done = subprocess.run(["java", *arguments], capture_output=True, text=True, check=False, timeout=300)
    expect(done.returncode == 0, f"java {arguments[-4:]}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done.stdout


def create_topic(address, name, partitions, tool):
    tool("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", address, "--create", "--if-not-exists", "--topic", name,
         "--partitions", str(partitions), "--replication-factor", "1")


class Hdfs:
    """A NameNode and DataNodes; /user/systest belongs to systest, whom the tests are."""

    def __init__(self, stage, datanodes=1):
        self.stage, self.lib, self.namenode = stage, jars("hdfs"), None
        self.count, self.datanodes = datanodes, []
        ports = free_ports(2 + 3 * datanodes)
        self.rpc, self.http = ports[:2]
        self.datanode_ports = [ports[2 + 3 * n:5 + 3 * n] for n in range(datanodes)]
        self.address = f"127.0.0.1:{self.http}"
        self.client = Webhdfs(self.address)
        self.url = self.client.url("/user/systest")

    def configure(self, name, more):
        return self.write_conf(name, f"hdfs://127.0.0.1:{self.rpc}", {
            "dfs.replication": self.count, "dfs.namenode.heartbeat.recheck-interval": 2000,
            "dfs.namenode.redundancy.interval.seconds": "1s", **more})

    def write_conf(self, name, root, site):
        """The configuration of the one of this name, as a folder of its own; the words of the java command that takes it."""
        folder = os.path.dirname(self.stage.write(f"{name}/log4j.properties", LOG4J))
        for part in ("hdfs", "datanode", "journal", "static"):  # the jars lack the web pages, and ask for their folders
            os.makedirs(os.path.join(folder, "webapps", part), exist_ok=True)
        self.stage.write(f"{name}/core-site.xml", xml({
            "fs.defaultFS": root, "hadoop.tmp.dir": self.stage.path("hdfs-tmp"),
            "hadoop.http.staticuser.user": "systest", "ipc.client.connect.max.retries": 3}))
        self.stage.write(f"{name}/hdfs-site.xml", xml({
            "dfs.heartbeat.interval": 1, "dfs.namenode.safemode.extension": 0,
            "dfs.namenode.fs-limits.min-block-size": 4096, "dfs.namenode.datanode.registration.ip-hostname-check": "false",
            **site}))
        return HADOOP + ["-cp", f"{folder}:{self.lib}/*"]

    def start(self):
        java = self.configure("namenode", {
            "dfs.namenode.name.dir": "file://" + self.stage.path("name"), "dfs.namenode.http-address": self.address,
            "dfs.namenode.rpc-address": f"127.0.0.1:{self.rpc}"})
        run_java(java + [SERVER + "namenode.NameNode", "-format", "-force", "-nonInteractive"])
        expect(not is_open(self.http), f"port {self.http} is taken")
        self.namenode = self.stage.spawn("namenode", ["java", *java, SERVER + "namenode.NameNode"])
        for n in range(self.count):
            self.datanodes.append(self.stage.spawn(f"datanode{n}", self.datanode_command(n)))
        self.wait_ready()
        root = Webhdfs(self.address, getpass.getuser())
        root.mkdirs("/user/systest")
        root.ask("PUT", "/user/systest", "SETOWNER", owner="systest", group="systest")
        root.mkdirs("/tmp")
        root.ask("PUT", "/tmp", "SETPERMISSION", permission="1777")
        self.warm_up()
        return self

    def datanode_command(self, n):
        http_port, data, ipc = self.datanode_ports[n]
        java = self.configure(f"datanode{n}", {
            "dfs.datanode.data.dir": "file://" + self.stage.path(f"data{n}"), "dfs.datanode.hostname": "127.0.0.1",
            "dfs.datanode.http.address": f"127.0.0.1:{http_port}", "dfs.datanode.address": f"127.0.0.1:{data}",
            "dfs.datanode.ipc.address": f"127.0.0.1:{ipc}",
            "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": 10})  # else most closes wait for 400 ms
        return ["java", *java, SERVER + "datanode.DataNode"]

    def wait_ready(self):
        until("NameNode", self.namenode_is_up, READY_SECONDS, self.namenode)
        for n, process in enumerate(self.datanodes):
            if process.alive():
                until(f"DataNode {n}", lambda port=self.datanode_ports[n][0]: datanode_is_up(port), READY_SECONDS, process)
        until("HDFS out of safe mode", self.is_writable, READY_SECONDS, self.namenode)

    def namenode_is_up(self):
        return is_open(self.http) and '"DIRECTORY"' in http_get(self.http, "/webhdfs/v1/?op=GETFILESTATUS&user.name=systest")[1]

    def is_writable(self):
        said = http_get(self.http, "/jmx?get=Hadoop:service=NameNode,name=NameNodeInfo::Safemode")[1]
        return re.search(r'"Safemode"\s*:\s*""', said)

    def takes(self, n):
        """A DataNode has no room in the NameNode's eyes until its first report of it."""
        try:
            return self.client.create(f"/user/systest/warm/{n}", b"x") == 201
        except Refused:
            return False

    def warm_up(self):
        """The first twenty or so writes after a JVM's start take a second or more each."""
        names = iter(range(10000))
        until("HDFS takes a file", lambda: self.takes(next(names)), READY_SECONDS, self.namenode)
        for _ in range(30):
            self.client.create(f"/user/systest/warm/{next(names)}", b"x" * 1000)
        self.client.delete("/user/systest/warm")


def datanode_is_up(port):
    return 'ActorState\\":\\"RUNNING' in http_get(port, "/jmx?qry=Hadoop:service=DataNode,name=DataNodeInfo")[1]


def up(words):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    only = words[words.index("--only") + 1] if "--only" in words else ""
    with Stage("peers") as stage:
        if only != "hdfs":
            print(f"kafka {Kafka(stage).start().address}", flush=True)
        if only != "kafka":
            hdfs = Hdfs(stage, int(words[words.index("--datanodes") + 1]) if "--datanodes" in words else 1).start()
            print(f"hdfs {hdfs.url}", flush=True)
        print("up; Ctrl-C or TERM stops them", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass
    return 0


def main(words):
    missing = missing_tools()
    if missing:
        print(f"peers.py needs {missing}", file=sys.stderr)
        return 1
    try:
        if words[:1] == ["up"]:
            return up(words)
        if words[:1] == ["fetch"]:
            print(jars("kafka"), jars("hdfs"), sep="\n")
            return 0
        if words[:1] == ["topic"] and len(words) == 4:
            create_topic(words[1], words[2], words[3], lambda *tool: run_java(["-Xmx256m", "-cp", jars("kafka") + "/*", *tool]))
            return 0
    except (Failed, Refused, OSError, subprocess.SubprocessError) as error:
        print(error, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
