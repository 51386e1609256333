# Generates the table of host/report/ntstatus.h from the DDK's ntstatus.h: the first name of each value.
/^#define STATUS_[A-Z0-9_]+ +\(\(NTSTATUS\)/ {
    value = $0
    sub(/.*\(\(NTSTATUS\)/, "", value)
    sub(/[uUlL]*\).*/, "", value)
    if (value !~ /^0x[0-9A-Fa-f]+$/ || (tolower(value) in seen))
        next
    seen[tolower(value)] = 1
    row[n++] = "    {" value "u, \"" $2 "\"},"
}
END {
    print "/* Generated from the DDK's ntstatus.h. */\n#include \"report/ntstatus.h\"\n"
    print "const struct ntstatus_row ntstatus_rows[] = {"
    for (i = 0; i < n; i++)
        print row[i]
    print "};\nconst size_t ntstatus_row_count = sizeof(ntstatus_rows) / sizeof(ntstatus_rows[0]);"
}
