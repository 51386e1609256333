#!/bin/bash
# Every command of docs/tutorial.ja.md, run as its reader would, and what it prints.
exec tools/tutorial docs/tutorial.ja.md
