"""Starts a Ray of three nodes in the interpreter that has it, says where it is, and ends it when its input ends.

It prints one line of JSON: the address, and for each node the ids of the processes of its raylet.
"""

import json
import sys

from ray.cluster_utils import Cluster

STORE = 80 * 2**20
# A node that hangs stays one of the cluster's for as long as a test takes: what is tested is not how soon Ray counts it out.
PATIENT = {"health_check_failure_threshold": 1000}


def main() -> None:
    head = {
        "num_cpus": 1, "include_dashboard": False, "object_store_memory": STORE, "node_name": "n1",
        "_system_config": PATIENT,
    }  # fmt: skip
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = {"n1": cluster.head_node}
    for name in ("n2", "n3"):
        nodes[name] = cluster.add_node(
            num_cpus=1, object_store_memory=STORE, node_name=name, wait=True
        )
    raylets = {
        name: [one.process.pid for one in node.all_processes["raylet"]]
        for name, node in nodes.items()
    }
    print(json.dumps({"address": cluster.address, "raylets": raylets}), flush=True)
    sys.stdin.read()
    cluster.shutdown()


main()
