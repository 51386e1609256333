# Generates the table of host/cli/ledger.h from abi/exports.tsv (module, name, drivers, state, what is missing), sorted by
# name. The rows must come sorted by name with LC_ALL=C; one name stands for both modules, since hal.dll forwards.
BEGIN {
    FS = "\t"
    print "/* Generated from abi/exports.tsv. */\n#include \"cli/ledger.h\"\n"
    print "const struct ledger_row ledger_rows[] = {"
}
/^#/ || NF < 4 || $2 == last { next }
{
    last = $2
    missing = $5
    gsub(/\\/, "\\\\", missing)
    gsub(/"/, "\\\"", missing)
    print "    {\"" $2 "\", LEDGER_" toupper($4) ", \"" missing "\"},"
}
END { print "};\nconst size_t ledger_row_count = sizeof(ledger_rows) / sizeof(ledger_rows[0]);" }
