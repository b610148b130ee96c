#!/usr/bin/env bash
# Gradescope runs this once, when it builds the image.
set -e
apt-get update
apt-get install -y python3
chmod +x /autograder/source/raftlab
