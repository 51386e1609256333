#!/bin/bash
# ai_driver with its own programs, as users have them: the agent beside aictl, pinned memory, a process that ends with memory
# outstanding, the whole contract, fuzzed requests, threads; a long time; loading and unloading. Each run ends with nothing left.
# With AI_FULL=1 (make ai-checklist) the numbers are those of the product's checklist.
. tests/cli/tap.sh
if [ -n "${AI_FULL:-}" ]; then
    cycles=1000 turns=100000 hours=168 rounds=1000 limit=3600 step=1
else
    cycles=50 turns=1000 hours=6 rounds=10 limit=60 step=17
fi
ai=(build/drivers/ai_driver.sys) # its hardware ID is in the INF beside it
programs=build/programs
tests=build/cli-programs

# clean NAME: the run went well, and nothing of the driver's is left.
clean() {
    is $status 0 "$1: exit status"
    is "$(left)" '' "$1: nothing is left"
    nothing_left "$1"
}
# What the summary says is left, but for the framework, which stays loaded.
left() {
    grep -E 'not unloaded' "$work/err"
    sed -n '/^  Pool left/,/^drydock/p' "$work/err" | grep -vE '^(  Pool left|  Objects left|drydock)|^ +\(kernel\)'
}

run run "${ai[@]}" -- $programs/aictl.exe status -- $programs/aictl.exe pool -- $programs/aictl.exe stats -- $programs/aictl.exe path
clean 'aictl without an agent'
like "$work/out" '^no GPU is known' 'status: no GPU'
like "$work/out" '^  total +256 MiB$' 'pool: its size'
like "$work/out" '^  fragmentation +0\.00 %$' 'pool: no fragmentation'
like "$work/out" '^optimised path: no$' 'path: no'
like "$work/out" '^  missing +no adapter, no agent.*no runtime registered' 'path: why'

run run --background "$programs/ai_gpu_agent.exe --rate 20" "${ai[@]}" -- $programs/aictl.exe watch --interval 200 --count 5 \
    -- $programs/aictl.exe --json status
clean 'the agent and aictl'
is "$(grep -cE '^GPU 0 +[0-9]+\.00 % .*sample [0-9]+, simulated' "$work/out")" 5 'watch: five samples, marked as simulated'
like "$work/out" '"name":"NVIDIA GeForce RTX 3080 \(simulated\)".*"memory_total_bytes":10737418240' 'status: the GPU'
like "$work/out" '"stale":false,"simulated":true,"agent_present":true' 'status: fresh, simulated, the agent is there'

# The agent lets the device go when Windows asks for it, and takes it again when it is back.
run run --background "$programs/ai_gpu_agent.exe" "${ai[@]}" -- $programs/aictl.exe status -- devcon disable 'Root\AIDriver' \
    -- devcon enable 'Root\AIDriver' -- $programs/aictl.exe watch --interval 500 --count 2 -- devcon remove 'Root\AIDriver'
clean 'a device that is disabled, enabled and removed under the agent'
is "$(grep -cE 'Disabled$|Enabled$|Removed$' "$work/out")" 3 'none of that waits for a restart'
like "$work/out" '^GPU 0 .* sample [0-9]+, simulated' 'in between the agent publishes again'

run run --gpu simulated:3 "${ai[@]}" -- $programs/ai_gpu_agent.exe --once -- $programs/aictl.exe --json status
is "$(grep -c '"agent_present":false' "$work/out")" 3 'three GPUs, whose agent has gone'
run run --gpu none "${ai[@]}" -- $programs/ai_gpu_agent.exe --once
like "$work/err" 'ai_gpu_agent.exe: exit code 3' 'no GPU: the agent says so'

# Two adapters of one kind that the registry knows: a sample of each is taken for that one, not for a third.
class='HKLM\SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}'
kept=(--machine "$work/adapters" --keep-registry)
for key in 0000 0001; do
    run run "${kept[@]}" build/drivers/first.sys -- reg add "$class\\$key" /v DriverDesc /d "Card $key" \
        -- reg add "$class\\$key" /v MatchingDeviceId /d 'pci\ven_10de&dev_2206' \
        -- reg add "$class\\$key" /v HardwareInformation.qwMemorySize /t REG_QWORD /d 0x80000000
    is $status 0 "the registry is told of adapter $key"
done
run run "${kept[@]}" --gpu simulated:2 "${ai[@]}" -- $programs/aictl.exe --json status -- $programs/ai_gpu_agent.exe --once \
    -- $programs/aictl.exe --json status
clean 'adapters of the registry'
is "$(grep -c '"command":"status"' "$work/out")" 4 'two before the agent, the same two after it'
is "$(grep -c '"name":"Card 000[01]".*"memory_total_bytes":2147483648.*"has_sample":false.*"enumerated":true' "$work/out")" 2 \
    'before: name and memory of the registry, no sample'
is "$(grep -c '"name":"Card 000[01]".*"memory_total_bytes":10737418240.*"has_sample":true.*"enumerated":true' "$work/out")" 2 \
    'after: the names of the registry, the figures of the samples'

run run "${ai[@]}" -- $programs/aictl.exe alloc 64M -- $programs/aictl.exe alloc 5000 --count 100 -- $programs/aictl.exe alloc 1M --keep \
    -- $programs/aictl.exe --json pool
clean 'pinned memory'
like "$work/out" '^  bytes +64 MiB$' 'alloc: 64 MiB, zeroed, written and read back'
like "$work/out" '"used_bytes":0,.*"allocations":0' 'pool: what a process kept is free after its end'
run run "${ai[@]}" -- $programs/aictl.exe alloc 129M
like "$work/err" 'aictl: alloc: the process would have more than its quota \(error 1816\)' 'more than the quota'
like "$work/err" 'aictl.exe: exit code 3' 'more than the quota: exit code'
printf 'pool\nalloc 1M --keep\npool # again\nboost self 1\nfree 12345\n' | run run "${ai[@]}" -- $programs/aictl.exe --json script -
like "$work/out" '"command":"boost".*"old_base_priority":8,"new_base_priority":9' 'a script: boost'
like "$work/out" '"used_bytes":1048576,' 'a script: one handle for all of it'
like "$work/err" 'aictl: free: nothing of this handle' 'a script: an id that is none'

# tap NAME PROGRAM [ARGUMENT...]: a program that prints TAP.
tap() {
    local name=$1
    shift
    timeout -s KILL "$limit" "$drydock" run --timeout $((limit - 10)) "${ai[@]}" -- "$@" > "$work/out" 2> "$work/err"
    status=$?
    clean "$name"
    like "$work/out" '^1\.\.[0-9]+' "$name: ran to its end"
    unlike "$work/out" '^not ok' "$name: each check passed"
    grep '^not ok' "$work/out" | sed 's/^/# /'
}
tap 'the contract' $tests/ai_contract.exe
tap 'every length and random bytes' $tests/ai_stress.exe fuzz $rounds
tap 'eight threads' $tests/ai_stress.exe threads $turns
ai=(--background "$programs/ai_gpu_agent.exe" "${ai[@]}")
tap "$hours hours" $tests/ai_week.exe $hours
ai=("${ai[@]:2}")
run run "${ai[@]}" -- $tests/ai_stress.exe leave -- $programs/aictl.exe --json pool -- $programs/aictl.exe --json stats
clean 'a process that is terminated with memory outstanding'
like "$work/out" '^left with memory outstanding' 'it had some'
like "$work/out" '"used_bytes":0,.*"allocations":0' 'all of it is free'
like "$work/out" '"frees":0,"frees_on_close":11,' 'as the counters say'

# The machine sleeps, then the device is pulled out, with an agent, a reader and memory outstanding.
run run --prefix --sleep S3:2 --surprise-remove 'ROOT\AI_DRIVER\0000' --background "$programs/ai_gpu_agent.exe" \
    --background "$programs/aictl.exe watch --interval 100" --background "$programs/aictl.exe alloc 16M --keep --hold 86400000" \
    build/drivers/ai_driver.sys -- $programs/aictl.exe pool
clean 'sleep and surprise removal'
is "$(grep -c 'power: working again' "$work/err")" 2 'it slept'
ok "$([ "$(grep -cE '^aictl.exe: GPU 0 .*pinned 16384 KiB$' "$work/out")" -ge 18 ]; echo $?)" 'both times the memory stays, and samples go on'
like "$work/err" '^aictl.exe: aictl: watch: ai_driver is not running, or its device was removed' 'the reader is told of the removal'
like "$work/err" '^ai_gpu_agent.exe: ai_gpu_agent: ai_driver is not running, or its device was removed' 'so is the agent'
# Each allocation of a small run fails once (every so many, in short): the run ends in good order, and nothing is left.
printf 'pool\nalloc 64K --count 3\nalloc 4K --keep\nboost self 1\nstatus\npath\nstats\n' > "$work/script"
bad=
for ((n = 1; ; n += step)); do
    timeout -s KILL 60 "$drydock" run --fail-alloc $n "${ai[@]}" -- $programs/aictl.exe script - \
        < "$work/script" > "$work/out" 2> "$work/err"
    status=$?
    case $status in 0 | 2 | 5) ;; *) bad+="$n: exit status $status; " ;; esac
    # A link may stay: IoDeleteSymbolicLink needs memory, and may fail.
    rest=$(left | grep -vE '^ +SymbolicLink +1 +0$')
    [ -z "$rest" ] || bad+="$n: left: $rest; "
    grep -q 'there were only' "$work/err" && break
done
is "$bad" '' "allocations that fail, 1 to $n by $step"
ok "$([ $n -gt 50 ]; echo $?)" 'there were more than 50'
run run --cycles $cycles "${ai[@]}"
clean "loaded and unloaded $cycles times"
done_testing
