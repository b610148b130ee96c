"""Three servers on a network of their own, without raftlab; what they do goes to the file run.jsonl."""
from finished import Finished
from raftlab import boot, record, step

servers = {name: boot(Finished, name, ["S1", "S2", "S3"]) for name in ("S1", "S2", "S3")}
network = []


def give(name, event):
    answer = step(servers[name], event)
    record(file, servers[name], event, answer)
    for sent in answer.get("send", []):
        arrives = {"type": "message", "from": name, "message": sent["message"]}
        if sent["message"]["type"].endswith("Reply"):
            arrives["request"] = event["message"]
        network.append((sent["to"], arrives))


with open("run.jsonl", "w") as file:
    for name in servers:
        give(name, {"type": "start"})
    for event in ({"type": "electionTimeout"}, {"type": "client", "command": "x=1"}, {"type": "heartbeatTimeout"}):
        give("S1", event)
        while network:
            give(*network.pop(0))
