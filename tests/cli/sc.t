#!/bin/bash
# sc: its words, its texts and its exit codes, over the course of a driver's service.
. tests/cli/tap.sh

# sc NAME STATUS -- PROGRAM... : runs the programs with a driver in the machine; the exit status of drydock is STATUS.
sc() {
    local name=$1 expected=$2
    shift 2
    run run $drivers/plain.sys "$@"
    is $status "$expected" "$name: exit status"
    sed -i 's/\r$//; /plain: /d; /^Summary/,$d' "$work/out"
}

# shows NAME: what was printed is what standard input has.
shows() {
    cat > "$work/expected"
    diff -u "$work/expected" "$work/out" > "$work/difference"
    ok $? "$1"
    sed 's/^/# /' "$work/difference"
}

path='C:\Windows\System32\drivers\plain.sys'

sc 'a course' 0 -- sc create 001_sample type= kernel binPath= "$path" -- sc start 001_sample -- sc stop 001_sample \
    -- sc delete 001_sample
shows 'create, start, stop, delete' << 'END'
[SC] CreateService SUCCESS

SERVICE_NAME: 001_sample
        TYPE               : 1  KERNEL_DRIVER
        STATE              : 4  RUNNING
                                (STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)
        WIN32_EXIT_CODE    : 0  (0x0)
        SERVICE_EXIT_CODE  : 0  (0x0)
        CHECKPOINT         : 0x0
        WAIT_HINT          : 0x0
        PID                : 0
        FLAGS              : 

SERVICE_NAME: 001_sample
        TYPE               : 1  KERNEL_DRIVER
        STATE              : 1  STOPPED
        WIN32_EXIT_CODE    : 0  (0x0)
        SERVICE_EXIT_CODE  : 0  (0x0)
        CHECKPOINT         : 0x0
        WAIT_HINT          : 0x0
[SC] DeleteService SUCCESS
END

sc 'errors' 5 -- sc start none -- sc query none -- sc create plain type= kernel binPath= "$path" -- sc start plain \
    -- sc config plain start= disabled -- sc stop plain -- sc stop plain
shows 'errors by their routine, number and text' << 'END'
[SC] OpenService FAILED 1060:

The specified service does not exist as an installed service.

[SC] EnumQueryServicesStatus:OpenService FAILED 1060:

The specified service does not exist as an installed service.

[SC] CreateService FAILED 1073:

The specified service already exists.

[SC] StartService FAILED 1056:

An instance of the service is already running.

[SC] ChangeServiceConfig SUCCESS

SERVICE_NAME: plain
        TYPE               : 1  KERNEL_DRIVER
        STATE              : 1  STOPPED
        WIN32_EXIT_CODE    : 0  (0x0)
        SERVICE_EXIT_CODE  : 0  (0x0)
        CHECKPOINT         : 0x0
        WAIT_HINT          : 0x0
[SC] ControlService FAILED 1062:

The service has not been started.

END
like "$work/err" 'exit code 1060 ' 'the exit code is the error'

sc 'configuration' 0 -- sc create x type= filesys start= auto error= severe binPath= 'Z:\x.sys' group= G tag= yes \
    depend= plain/+G DisplayName= 'A driver' -- sc description x 'What it does.' -- sc qc x -- sc qdescription x \
    -- sc GetDisplayName x -- sc GetKeyName 'a driver' -- sc EnumDepend plain
shows 'qc and its like' << 'END'
[SC] CreateService SUCCESS
[SC] ChangeServiceConfig2 SUCCESS
[SC] QueryServiceConfig SUCCESS

SERVICE_NAME: x
        TYPE               : 2  FILE_SYSTEM_DRIVER
        START_TYPE         : 2   AUTO_START
        ERROR_CONTROL      : 2   SEVERE
        BINARY_PATH_NAME   : \??\Z:\x.sys
        LOAD_ORDER_GROUP   : G
        TAG                : 1
        DISPLAY_NAME       : A driver
        DEPENDENCIES       : plain
                           : +G
        SERVICE_START_NAME : 
[SC] QueryServiceConfig2 SUCCESS

SERVICE_NAME: x
DESCRIPTION:  What it does.
[SC] GetServiceDisplayName SUCCESS
Name = A driver
[SC] GetServiceKeyName SUCCESS
Name = x
[SC] EnumDependentServices: entries read = 1

SERVICE_NAME: x
DISPLAY_NAME: A driver
        TYPE               : 2  FILE_SYSTEM_DRIVER
        STATE              : 1  STOPPED
        WIN32_EXIT_CODE    : 1077  (0x435)
        SERVICE_EXIT_CODE  : 0  (0x0)
        CHECKPOINT         : 0x0
        WAIT_HINT          : 0x0
END

sc 'a list' 0 -- sc create y type= kernel binPath= "$path" -- sc query type= driver -- sc queryex type= driver state= inactive
shows 'query by state' << 'END'
[SC] CreateService SUCCESS

SERVICE_NAME: plain
DISPLAY_NAME: plain
        TYPE               : 1  KERNEL_DRIVER
        STATE              : 4  RUNNING
                                (STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)
        WIN32_EXIT_CODE    : 0  (0x0)
        SERVICE_EXIT_CODE  : 0  (0x0)
        CHECKPOINT         : 0x0
        WAIT_HINT          : 0x0

SERVICE_NAME: Wdf01000
DISPLAY_NAME: Kernel Mode Driver Frameworks service
        TYPE               : 1  KERNEL_DRIVER
        STATE              : 1  STOPPED
        WIN32_EXIT_CODE    : 1077  (0x435)
        SERVICE_EXIT_CODE  : 0  (0x0)
        CHECKPOINT         : 0x0
        WAIT_HINT          : 0x0
        PID                : 0
        FLAGS              : 

SERVICE_NAME: y
DISPLAY_NAME: y
        TYPE               : 1  KERNEL_DRIVER
        STATE              : 1  STOPPED
        WIN32_EXIT_CODE    : 1077  (0x435)
        SERVICE_EXIT_CODE  : 0  (0x0)
        CHECKPOINT         : 0x0
        WAIT_HINT          : 0x0
        PID                : 0
        FLAGS              : 
END

sc 'disabled' 5 -- sc config plain start= disabled -- sc stop plain -- sc start plain
like "$work/out" 'StartService FAILED 1058:' 'a service that is disabled does not start'

# What cannot be: words, names, values, machines.
long=$(printf '%0300d' 0)
sc 'bad words' 5 -- sc nonsense -- sc create a type= odd binPath= x -- sc create a -- sc create "$long" type= kernel binPath= x \
    -- sc '\\elsewhere' query -- sc create p binPath= 'C:\p.exe' -- sc control plain 200
like "$work/out" '\*\*\* Unrecognized Command \*\*\*' 'a command that there is not'
like "$work/out" '^ type= <own\|share' 'a value that there is not: the usage'
like "$work/out" 'CreateService FAILED 123:' 'a name too long'
like "$work/out" 'OpenSCManager FAILED 1722:' 'another machine'
like "$work/out" 'CreateService FAILED 50:' 'a service that is a program'
like "$work/out" 'ControlService FAILED 1052:' 'a control that drivers do not take'
sc 'only sc' 5 -- sc
like "$work/out" 'SC is a command line program' 'sc alone: the usage'

export LC_ALL= LANG=ja_JP.UTF-8
sc 'errors in Japanese' 5 -- sc stop none -- sc create plain type= kernel binPath= "$path"
shows "errors in Japanese, for whom the environment's language is that" << 'END'
[SC] OpenService FAILED 1060:

指定されたサービスはインストールされたサービスとして存在しません。

[SC] CreateService FAILED 1073:

指定されたサービスは既に存在します。

END
export LC_ALL=C LANG=

# A machine that stays, new for someone whose language is Japanese: refused as a driver without a signature is.
mkdir -p "$work/machine/C"
cp $drivers/plain.sys "$work/machine/C/"
export DRYDOCK_MACHINE=$work/machine LC_ALL= LANG=ja_JP.UTF-8
run boot --signing enforce
run sc create 001_sample type= kernel binPath= 'C:\plain.sys'
run sc start 001_sample
shows 'a driver that is blocked, in Japanese' << 'END'
[SC] StartService FAILED 1275:

このドライバーの読み込みはブロックされています

END
run shutdown
is $status 0 'the machine ends'
export LC_ALL=C LANG=
unset DRYDOCK_MACHINE

sc 'a name that is not ASCII' 0 -- sc create '日本' type= kernel binPath= "$path" DisplayName= 'サービス' -- sc qc '日本'
like "$work/out" '^SERVICE_NAME: 日本$' 'a name that is not ASCII is shown'
like "$work/out" 'DISPLAY_NAME       : サービス$' 'and what is behind it'
like "$work/out" 'SERVICE_START_NAME' 'and the rest'
done_testing
