#!/bin/sh
# Prolog of slurmd: end with 1 where PyTorch cannot use the GPUs of this node, so that Slurm drains it and requeues the job.
#
# It only exits. Slurm's own reason is then "Prolog error"; the cause is in the log of slurmd and in syslog.

here=${0%/*}
. "$here/node-check.sh"

look
[ "$verdict" = bad ] || exit 0
echo "$OWN $line" >&2
logger -t torch-doctor -p daemon.err -- "$line" 2>/dev/null
exit 1
