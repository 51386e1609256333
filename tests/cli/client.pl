# A client of a booted machine that keeps to no rules:
#   client.pl SOCKET request JSON   prints the bodies of what it answers, or "closed"
#                    rubbish        sends what is no frame
#                    many N         connects so often, and goes
#                    hold N [TEXT]  connects so often, sends the bytes and waits for the end of its standard input
#                    stall JSON     asks, reads nothing until its standard input ends, then prints how much there was
use strict;
use warnings;
use IO::Socket::UNIX;

my ($path, $what, $more) = @ARGV;

sub connected { IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $path) or die "connect: $!\n" }

# Everything until the other side closes; frames' bodies.
sub receive {
    my $socket = shift;
    my ($all, $text) = ('', '');
    1 while sysread($socket, $all, 65536, length $all);
    while (length $all >= 8) {
        my (undef, $bytes) = unpack 'VV', $all;
        $text .= substr $all, 8, $bytes;
        $all = substr $all, 8 + $bytes;
    }
    return $text eq '' ? 'closed' : $text;
}

$SIG{PIPE} = 'IGNORE';
$| = 1;
if ($what eq 'hold') {
    my @sockets = map { connected() } 1 .. $more;
    syswrite $_, $ARGV[3] // '' for @sockets;
    print "connected\n";
    1 while <STDIN>;
} elsif ($what eq 'stall') {
    my $socket = connected();
    syswrite $socket, pack('VV', 1, length $more) . $more;
    print "asked\n";
    1 while <STDIN>;
    print length receive($socket), "\n";
} elsif ($what eq 'many') {
    my @sockets = map { connected() } 1 .. $more;
    print "connected\n";
} else {
    my $socket = connected();
    syswrite $socket, $what eq 'rubbish' ? "GET / HTTP/1.1\r\n\r\n" : pack('VV', 1, length $more) . $more;
    print receive($socket), "\n";
}
