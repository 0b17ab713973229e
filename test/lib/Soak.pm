# For the storms of test/soak: how many steps they take. What they claim does not depend on how long the steps take.
#
#   Soak::steps($count)   $count, times PGQRS_SOAK of the environment, which is 1 by default
package Soak;
use strict;
use warnings;
use POSIX qw(ceil);

sub steps
{
    my ($count) = @_;
    return ceil($count * ($ENV{PGQRS_SOAK} || 1));
}

1;
