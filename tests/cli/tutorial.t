#!/bin/bash
# Every command of docs/tutorial.md, run as its reader would, and what it prints.
exec tools/tutorial docs/tutorial.md
