# drydock imports: agrees with the ledger, finds what is absent, survives any file.
. tests/cli/tap.sh

run imports "$drivers/plain.sys"
is $status 0 'exit status'
like "$work/out" '^ntoskrnl.exe$' 'the module'
like "$work/out" '^  done     DbgPrint$' 'a routine that is done'
like "$work/out" 'plain.sys: [0-9]+ done, 0 partial, 0 absent$' 'the total'

wrong=0
for image in build/tests/*.sys build/drivers/*.sys; do
    "$drydock" imports "$image" > "$work/out" 2> /dev/null
    while read -r state name rest; do
        ledger=$(awk -F'\t' -v n="$name" '$2 == n { print $4 }' abi/exports.tsv | sort -r | head -1)
        [ "$state" = "${ledger:-absent}" ] || { wrong=$((wrong + 1)); echo "# $image $name: $state, ledger: $ledger"; }
    done < <(grep -E '^  (done|partial|absent) ' "$work/out")
done
is $wrong 0 'every import of every driver is as the ledger says'

perl -pe 's/DbgPrint\0/DbgPrinu\0/' "$drivers/plain.sys" > "$work/absent.sys"
run imports "$work/absent.sys"
is $status 2 'a routine that does not exist: exit status'
like "$work/out" '^  absent   DbgPrinu$' 'a routine that does not exist: absent'
run run "$work/absent.sys"
is $status 2 'a driver that needs it does not load: exit status'
like "$work/err" 'DbgPrinu' 'the missing routine is named'
nothing_left 'a missing import'
run imports --json "$drivers/plain.sys"
is "$(perl -MJSON::PP -0777 -ne 'my $o = decode_json($_);
    print join ",", map { $_->{state} } grep { $_->{name} eq "DbgPrint" } @{$o->{imports}}' "$work/out")" done 'JSON'
done_testing
