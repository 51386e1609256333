# A "QEMU" that means harm, for qemu.t: it speaks qtest on the socket that it is given, and lies about its device as $HOSTILE says.
use strict;
use warnings;

my ($number) = map { /^socket,id=qtest,fd=(\d+)$/ ? $1 : () } @ARGV;
my $how = $ENV{HOSTILE};
my ($address, %written) = (0);

open my $in, '<&=', $number or die "$!";
open my $out, '>&=', $number or die "$!";
$out->autoflush(1);

# A base address register: what it reads as before and after ones are written to it.
my %bar = (
    last => {5 => [4, 0xFFFFF004]},
    odd => {0 => [0, 0xFFF01000]},
    tiny => {0 => [0, 0xFFFFFFF0]},
    huge => {0 => [4, 0x00000004], 1 => [0, 0x80000000]},
    ports => {0 => [1, 0xFFFF0001]},
    loop => {0 => [0, 0xFFFFF000]},
    messages => {0 => [0, 0xFFFFF000]},
    endless => {},
    long => {},
    words => {},
);

sub config {
    my ($slot, $offset) = ($address >> 11 & 31, $address & 0xFC);

    return 0xFFFFFFFF if $slot != 4;
    return 0x0001D12D if $offset == 0;
    return 0x00000100 if $offset == 0x3C;
    if ($offset >= 0x10 && $offset < 0x28) {
        my $register = $bar{$how}{($offset - 0x10) / 4} or return 0;
        return $register->[exists $written{$offset} ? 1 : 0];
    }
    return 0xFFFFFFFF if $offset == 0x28; # what follows the last register
    if ($how eq 'loop') { # capabilities that never end
        return 0x40 if $offset == 0x34;
        return 0x4009;
    }
    if ($how eq 'messages') { # 2048 of them, their table in a register that is none, outside of everything
        return 0x40 if $offset == 0x34;
        return 0x07FF0011 if $offset == 0x40;
        return 0xFFFFFFF0 if $offset == 0x44;
    }
    return 0;
}

while (my $line = <$in>) {
    if ($how eq 'endless') {
        1 while print $out "IRQ raise 11\n";
        exit;
    }
    if ($how eq 'long') {
        1 while print $out 'O' x 1000;
        exit;
    }
    if ($how eq 'words') {
        print $out "FAIL %s%n%s\n";
        next;
    }
    if ($line =~ /^outl 0xcf8 (\S+)/) {
        $address = hex $1;
    } elsif ($line =~ /^out. 0xcf(.) (\S+)/) {
        $written{$address & 0xFC} = 1 if ($address >> 11 & 31) == 4;
    } elsif ($line =~ /^in(.) 0xcf(.)/) {
        printf $out "OK 0x%x\n", config() >> 8 * (hex($2) - 0xC);
        next;
    } elsif ($line =~ /^(?:in|read)/) {
        print $out "OK 0xffffffffffffffff\n";
        next;
    }
    print $out "OK\n";
}
