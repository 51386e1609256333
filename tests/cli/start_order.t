#!/bin/bash
# Drivers that start with the machine: by kind, group, tag, name and dependency; their second calls; what a failure does.
. tests/cli/tap.sh
machine=$work/machine
keep=(run --machine "$machine" --keep-registry)
control='HKLM\SYSTEM\CurrentControlSet\Control'
services='HKLM\SYSTEM\CurrentControlSet\Services'

# service NAME WORD...: a service of that name with a copy of the driver.
words=()
service() {
    cp $drivers/starts.sys "$machine/C/$1.sys"
    words+=(-- sc create "$1" type= kernel binPath= "C:\\$1.sys" "${@:2}")
}

# start NAME STATUS: starts the machine anew with a program that asks after services; leaves what the drivers said in $work/said.
start() {
    run "${keep[@]}" -- sc query failing -- sc query m_nothing
    is $status "$2" "$1: exit status"
    sed -n 's/^.*starts: //p' "$work/out" | tr -d '\r' > "$work/said"
}

mkdir -p "$machine/C"
service a_last start= boot
service b_group start= boot group= Second
service c_tagless start= boot group= First
service d_tag start= boot group= First tag= yes
service e_tag start= boot group= First tag= yes
service f_unlisted start= boot group= Unlisted
service g_system start= system group= First
service h_auto start= auto group= First
service i_needed start= demand
service j_needs start= system depend= i_needed
service k_disabled start= disabled
service l_demand start= demand
service m_nothing start= auto depend= k_disabled
service n_group start= auto depend= +Second
service o_nogroup start= auto depend= +Nobody
service p_circle start= auto
service q_circle start= auto depend= p_circle
service failing start= auto
# d has tag 1, e has 2; the list wants e first
run "${keep[@]}" "${words[@]}" -- reg add "$control\\ServiceGroupOrder" /v List /t REG_MULTI_SZ /d 'First\0Second' /f \
    -- reg add "$control\\GroupOrderList" /v First /t REG_BINARY /d 020000000200000001000000 /f \
    -- reg add "$services\\p_circle" /v DependOnService /t REG_MULTI_SZ /d q_circle /f \
    -- reg add "$services\\failing" /v Fail /t REG_DWORD /d 0xC0000120 /f
is $status 0 'services are made'
unlike "$work/out" 'starts: ' 'none of them starts by being made'

start 'a start' 0
diff -u - "$work/said" > "$work/difference" << 'END'
e_tag
d_tag
c_tagless
b_group
f_unlisted
a_last
a_last again at boot, 1
b_group again at boot, 1
c_tagless again at boot, 1
d_tag again at boot, 1
e_tag again at boot, 1
f_unlisted again at boot, 1
g_system
i_needed
j_needs
a_last again, 2
a_last again, 3
b_group again, 2
b_group again, 3
c_tagless again, 2
c_tagless again, 3
d_tag again, 2
d_tag again, 3
e_tag again, 2
e_tag again, 3
f_unlisted again, 2
f_unlisted again, 3
g_system again, 1
g_system again, 2
g_system again, 3
i_needed again, 1
i_needed again, 2
i_needed again, 3
j_needs again, 1
j_needs again, 2
j_needs again, 3
h_auto
h_auto again at boot, 1
h_auto again, 2
h_auto again, 3
failing fails
n_group
n_group again at boot, 1
n_group again, 2
n_group again, 3
END
ok $? 'by kind, group, tag, name and dependency'
sed 's/^/# /' "$work/difference"
is "$(grep -c 'WIN32_EXIT_CODE    : 995 ' "$work/out") $(grep -c 'WIN32_EXIT_CODE    : 1068 ' "$work/out")" '1 1' \
    'why one did not start: its own status, or what it needs'
is "$(grep -o '[a-z_]* did not start by itself (Start [0-9]): status 0x[0-9a-f]*' "$work/err" | sort)" \
"failing did not start by itself (Start 2): status 0xc0000120
m_nothing did not start by itself (Start 2): status 0xc007042c
o_nogroup did not start by itself (Start 2): status 0xc007042c
p_circle did not start by itself (Start 2): status 0xc007042c
q_circle did not start by itself (Start 2): status 0xc007042c" 'and is told of'

run "${keep[@]}" -- sc config failing error= ignore
start 'an error that is ignored' 0
unlike "$work/err" 'failing did not start' 'an error that is ignored: nothing is told'
run "${keep[@]}" -- sc config failing error= critical
start 'a critical error' 3
like "$work/err" 'CRITICAL_SERVICE_FAILED' 'a critical error: the machine stops'
like "$work/err" 'failing, whose ErrorControl is 3, did not start: status 0xC0000120' 'and says for which driver'
done_testing
