# Generates the gate's contract table from abi/contracts.tsv.
BEGIN { FS = "\t"; print "/* Generated from abi/contracts.tsv. */" }
/^#/ || NF < 5 { next }
{ printf "{\"%s\", %s, %s, %s, \"%s\"},\n", $1, $2, $3, $5, $4 }
