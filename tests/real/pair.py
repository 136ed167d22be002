"""Apache HDFS with two NameNodes that share their edits by a JournalNode, and one DataNode; who is active is decided by hand."""

import getpass
import subprocess

from peers import READY_SECONDS, SERVER, Hdfs, jars, run_java
from harness import expect, free_ports, http_get, is_open, until
from webhdfs import Webhdfs

TOOLS = SERVER.replace(".server", ".tools")


class HdfsPair(Hdfs):
    """The NameNodes are 0 and 1; client asks the active one, url names both."""

    def __init__(self, stage):
        self.stage, self.lib = stage, jars("hdfs")
        self.journal, self.journal_http, self.data, self.data_http, self.data_ipc, *ports = free_ports(9)
        self.rpc, self.http = ports[:2], ports[2:4]
        self.namenodes, self.datanodes, self.active = [], [], 0
        self.client = Webhdfs(f"127.0.0.1:{self.http[0]}")
        self.url = f"webhdfs://systest@127.0.0.1:{self.http[0]},127.0.0.1:{self.http[1]}/user/systest"

    def configure(self, name, more=None):
        site = {"dfs.nameservices": "ha", "dfs.ha.namenodes.ha": "nn0,nn1", "dfs.replication": 1, "dfs.ha.tail-edits.period": "1s",
                "dfs.ha.automatic-failover.enabled": "false", "dfs.ha.fencing.methods": "shell(/bin/true)",
                "dfs.client.failover.proxy.provider.ha":
                    "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider",
                "dfs.namenode.shared.edits.dir": f"qjournal://127.0.0.1:{self.journal}/ha",
                "dfs.journalnode.edits.dir": self.stage.path("journal"),
                "dfs.journalnode.rpc-address": f"127.0.0.1:{self.journal}",
                "dfs.journalnode.http-address": f"127.0.0.1:{self.journal_http}",
                "dfs.datanode.data.dir": "file://" + self.stage.path("data0"), "dfs.datanode.hostname": "127.0.0.1",
                "dfs.datanode.http.address": f"127.0.0.1:{self.data_http}", "dfs.datanode.address": f"127.0.0.1:{self.data}",
                "dfs.datanode.ipc.address": f"127.0.0.1:{self.data_ipc}",
                "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": 10}
        for n in range(2):
            site[f"dfs.namenode.http-address.ha.nn{n}"] = f"127.0.0.1:{self.http[n]}"
            site[f"dfs.namenode.rpc-address.ha.nn{n}"] = f"127.0.0.1:{self.rpc[n]}"
        return self.write_conf(name, "hdfs://ha", {**site, **(more or {})})

    def start(self):
        shared = self.configure("shared")
        journal = self.stage.spawn("journalnode", ["java", *shared, "org.apache.hadoop.hdfs.qjournal.server.JournalNode"])
        until("JournalNode", lambda: is_open(self.journal), READY_SECONDS, journal)
        for n, first in enumerate(("-format", "-bootstrapStandby")):
            java = self.configure(f"namenode{n}", {"dfs.ha.namenode.id": f"nn{n}",
                                                   "dfs.namenode.name.dir": "file://" + self.stage.path(f"name{n}")})
            run_java(java + [SERVER + "namenode.NameNode", first, "-force", "-nonInteractive"])
            expect(not is_open(self.http[n]), f"port {self.http[n]} is taken")
            self.namenodes.append(self.stage.spawn(f"namenode{n}", ["java", *java, SERVER + "namenode.NameNode"]))
            self.wait_for(n, "standby")
        self.make_active(0)
        self.datanodes.append(self.stage.spawn("datanode0", ["java", *shared, SERVER + "datanode.DataNode"]))
        self.namenode = self.namenodes[0]
        root = Webhdfs(self.client.address, getpass.getuser())
        root.mkdirs("/user/systest")
        root.ask("PUT", "/user/systest", "SETOWNER", owner="systest", group="systest")
        self.warm_up()
        return self

    def state(self, n):
        said = http_get(self.http[n], "/jmx?get=Hadoop:service=NameNode,name=NameNodeStatus::State")[1]
        return next((state for state in ("active", "standby") if f'"{state}"' in said), None)

    def wait_for(self, n, state):
        until(f"NameNode {n} is {state}", lambda: self.state(n) == state, READY_SECONDS, self.namenodes[n])

    def admin(self, tool, *words):
        done = subprocess.run(["java", *self.configure("shared"), TOOLS + tool, *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, timeout=120)
        expect(done.returncode == 0, f"{tool} {words}: {done.stdout[-500:]}{done.stderr[-500:]}")

    def make_standby(self, n):
        self.admin("DFSHAAdmin", "-transitionToStandby", f"nn{n}")
        self.wait_for(n, "standby")

    def make_active(self, n):
        self.admin("DFSHAAdmin", "-transitionToActive", *(["--forceactive"] if self.active != n else []), f"nn{n}")
        self.wait_for(n, "active")
        self.active, self.client.address = n, f"127.0.0.1:{self.http[n]}"

    def safe_mode(self, word):
        """enter or leave; on the active one and the other."""
        self.admin("DFSAdmin", "-safemode", word)
