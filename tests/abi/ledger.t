#!/bin/bash
# abi/exports.tsv, the marks in the sources and the built kernel's export table agree.
exec tools/ledger check
