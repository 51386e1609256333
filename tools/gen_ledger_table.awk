# Generates the table of host/cli/ledger.h from the marks in the kernel's sources (NT_EXPORT and its kin), which the test of
# abi/ holds against the ledger. Input: the sources; rows come out sorted by name with LC_ALL=C.
function add(name, state, missing) {
    if (!(name in state_of))
        names[++n] = name
    state_of[name] = state
    missing_of[name] = missing
}
function argument(line) {
    sub(/^[A-Z_]+\(/, "", line)
    sub(/[,)].*/, "", line)
    return line
}
function reason(line) {
    if (!match(line, /"([^"\\]|\\.)*"/))
        return "\"\""
    return substr(line, RSTART, RLENGTH)
}
/^NT_EXPORT(_DATA)?(_ALIAS)?\(/ { add(argument($0), "LEDGER_DONE", "\"\"") }
/^NT_PARTIAL\(/ { add(argument($0), "LEDGER_PARTIAL", reason($0)) }
/^NT_SERVICE\(/ { add("Zw" argument($0), "LEDGER_DONE", "\"\"") }
/^NT_SERVICE_PARTIAL\(/ { add("Zw" argument($0), "LEDGER_PARTIAL", reason($0)) }
END {
    for (i = 2; i <= n; i++) { # insertion sort: a thousand names
        for (j = i; j > 1 && names[j] < names[j - 1]; j--) {
            swap = names[j]; names[j] = names[j - 1]; names[j - 1] = swap
        }
    }
    print "/* Generated from the marks in the kernel's sources. */\n#include \"cli/ledger.h\"\n"
    print "const struct ledger_row ledger_rows[] = {"
    for (i = 1; i <= n; i++)
        print "    {\"" names[i] "\", " state_of[names[i]] ", " missing_of[names[i]] "},"
    print "};\nconst size_t ledger_row_count = sizeof(ledger_rows) / sizeof(ledger_rows[0]);"
}
