#!/bin/bash
# The event log: what drivers log, what the service control manager says of services, queries, clearing, the file's bound.
. tests/cli/tap.sh
machine=$work/machine
mkdir -p "$machine/C"
cp $drivers/starts.sys "$machine/C/x.sys"
keep=(run --machine "$machine" --keep-registry)

# shows NAME: what was printed is what standard input has.
shows() {
    cat > "$work/expected"
    sed -i -E 's/\r$//; s/<Binary>[0-9A-F]+</<Binary>PACKET</; /(starts|logs): /d; /^Summary/,$d' "$work/out"
    diff -u "$work/expected" "$work/out" > "$work/difference"
    ok $? "$1"
    sed 's/^/# /' "$work/difference"
}

run "${keep[@]}" $drivers/logs.sys -- wevtutil qe System -- wevtutil qe System /f:text '/q:*[System[(EventID=9)]]'
is $status 0 'a driver logs: exit status'
shows 'as XML and as text: the device, the strings, the packet' << 'END'
<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='logs'/><EventID Qualifiers='49156'>9</EventID><Level>2</Level><Task>0</Task><Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='2025-01-01T00:00:00.0000000Z'/><EventRecordID>1</EventRecordID><Channel>System</Channel><Computer>DRYDOCK</Computer><Security/></System><EventData><Data>\Device\Logs0</Data><Data>one</Data><Data>two &amp; &lt;three&gt;</Data><Binary>PACKET</Binary></EventData></Event>
<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='logs'/><EventID Qualifiers='32775'>291</EventID><Level>3</Level><Task>0</Task><Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='2025-01-01T00:00:00.0000000Z'/><EventRecordID>2</EventRecordID><Channel>System</Channel><Computer>DRYDOCK</Computer><Security/></System><EventData><Data>\Driver\logs</Data><Data>of its own</Data><Data></Data><Binary>PACKET</Binary></EventData></Event>
Event[0]:
  Log Name: System
  Source: logs
  Date: 2025-01-01T00:00:00.000
  Event ID: 9
  Task: N/A
  Level: Error
  Opcode: N/A
  Keyword: Classic
  User: N/A
  User Name: N/A
  Computer: DRYDOCK
  Description: 
The device, \Device\Logs0, did not respond within the timeout period.

END

run "${keep[@]}" -- wevtutil cl System -- sc create x type= kernel binPath= 'C:\x.sys' -- sc start x -- sc stop x \
    -- sc config x start= auto -- reg add 'HKLM\SYSTEM\CurrentControlSet\Services\x' /v Fail /t REG_DWORD /d 0xC000009A /f -- sc start x
run "${keep[@]}" -- events
is $status 0 'events: exit status'
shows 'a service from its installation to the start that failed, and again with the machine' << 'END'
2025-01-01 00:00:00  Information  Service Control Manager 7045: A service was installed in the system. Service Name: x Service File Name: C:\x.sys Service Type: kernel mode driver Service Start Type: demand start Service Account: 
2025-01-01 00:00:00  Information  Service Control Manager 7036: The x service entered the running state.
2025-01-01 00:00:00  Information  Service Control Manager 7036: The x service entered the stopped state.
2025-01-01 00:00:00  Information  Service Control Manager 7040: The start type of the x service was changed from demand start to auto start.
2025-01-01 00:00:00  Error        Service Control Manager 7000: The x service failed to start due to the following error: Insufficient system resources exist to complete the requested service.
2025-01-01 00:00:00  Error        Service Control Manager 7000: The x service failed to start due to the following error: Insufficient system resources exist to complete the requested service.
END

run "${keep[@]}" -- sc config x start= boot
run "${keep[@]}" -- wevtutil qe System /c:1 /rd:true /f:Text
like "$work/out" 'The following boot-start or system-start driver\(s\) did not load:' 'a boot-start driver that is missing'
is "$(grep -A1 'did not load:' "$work/out" | tail -1 | tr -d '\r')" x 'is named'

run "${keep[@]}" -- wevtutil qe System '/q:*[System[Provider[@Name="Service Control Manager"] and (Level=2)]]' /c:3 /rd:true
is "$(grep -o '<EventID[^/]*' "$work/out" | tr '\n' ' ')" \
   "<EventID Qualifiers='49152'>7026< <EventID Qualifiers='49152'>7026< <EventID Qualifiers='49152'>7000< " 'by provider and level'
run "${keep[@]}" -- wevtutil qe System '/q:*[EventData]' -- wevtutil qe None -- wevtutil el -- wevtutil gli Application -- wevtutil
like "$work/out" '^The specified query is invalid' 'a query that is not understood'
like "$work/err" 'exit code 15001 ' 'has its error'
like "$work/out" '^The specified channel could not be found' 'a log that there is not'
like "$work/err" 'exit code 15007 ' 'has its error too'
is "$(grep -c '^Application\|^System' "$work/out")" 2 'the logs there are'
like "$work/out" '^numberOfLogRecords: 0' 'one of them empty'
like "$work/out" '^Usage:' 'the usage'

source='HKLM\SYSTEM\CurrentControlSet\Services\EventLog\System\logs'
run "${keep[@]}" $drivers/logs.sys \
    -- reg add "$source" /v EventMessageFile /t REG_EXPAND_SZ /d '%SystemRoot%\System32\drivers\logs.sys' /f -- events
like "$work/out" 'Warning      logs 291: .Driver.logs has something to say: of its own\.' \
    "the message table of the driver's own file"

head -c 1000 /dev/urandom > "$machine/C/Windows/System32/winevt/Logs/System.evt"
run "${keep[@]}" $drivers/logs.sys -- wevtutil gli System
is $status 0 'a file that is no log: exit status'
like "$work/out" '^numberOfLogRecords: 3' 'a file that is no log counts as an empty one'
done_testing
