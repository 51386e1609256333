# Generates the rows of user/kernel32/winerror.c from abi/winerror.tsv, ascending by code: {code, English, Japanese or NULL}.
BEGIN { FS = "\t"; print "/* Generated from abi/winerror.tsv. */" }
/^#/ { next }
function literal(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "L\"" text "\""
}
{
    if ($1 + 0 <= last && NR > 1 && seen) {
        print "abi/winerror.tsv: " $1 " is out of order" > "/dev/stderr"
        exit 1
    }
    last = $1 + 0
    seen = 1
    printf "    {%s, %s, %s},\n", $1, literal($3), $4 == "" ? "NULL" : literal($4)
}
