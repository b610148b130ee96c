#!/usr/bin/env python3
"""Classroom 50 runs this for each submission, in the student's directory. raftlab takes what else result.json needs
(CLASSROOM, ASSIGNMENT, SUBMISSION_TAG and so on) from the environment. The kit is ours, whatever the submission has."""
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
shutil.copy(HERE / "raftlab.py", "raftlab.py")
os.chmod(HERE / "raftlab", 0o755)
sys.exit(subprocess.call([str(HERE / "raftlab"), "grade", "--format", "classroom50", "--within", "5m",
                          "--out", "result.json", "python3 my_raft.py"]))
