#!/bin/sh
# HealthCheckProgram of slurmd: drain this node with the cause, and undrain it when the cause is gone.
#
# Slurm does nothing with the exit code. A node that somebody else has drained is left alone, and only what this script
# drained is undrained, which its reason tells: it begins with "[torch-doctor]".

here=${0%/*}
node=${SLURMD_NODENAME:-}
[ -n "$node" ] || exit 0
. "$here/node-check.sh"

# What sinfo says of this node in one of its fields; a node in two partitions has two lines.
told() {
    sinfo --noheader --Node --nodes="$node" --format="$1" | head -n 1
}

# The words of a list that are ours, or (with -v) those that are not.
ours() {
    printf '%s\n' "$1" | tr ',' '\n' | grep "${2:--e}" '^torch_ok$\|^cuda[0-9]\{1,\}$\|^cc[0-9]\{1,\}$' | sort -u
}

# Lists without (null), with commas, each word once and in order.
list() {
    printf '%s\n' "$@" | grep -v '^(null)$\|^$' | sort -u | paste -s -d , -
}

keep_features() {
    available=$(told %f)
    active=$(told %b)
    # Where the check did not end, what was there stays, but that PyTorch runs is not claimed any more.
    [ "$answered" = yes ] || features=$(ours "$active" | grep -v '^torch_ok$')
    wanted=$(list $(ours "$active" -v) $(printf '%s' "$features" | tr ',' ' '))
    all=$(list $(printf '%s' "$available" | tr ',' ' ') $(printf '%s' "$wanted" | tr ',' ' '))
    if [ "$all" != "$(list $(printf '%s' "$available" | tr ',' ' '))" ]; then
        scontrol update "nodename=$node" "availablefeatures=$all" || return
        active=$(told %b)
    fi
    if [ "$wanted" != "$(list $(printf '%s' "$active" | tr ',' ' '))" ]; then
        scontrol update "nodename=$node" "activefeatures=$wanted"
    fi
}

state=$(told %T)
# Slurm does not answer: nothing can be said to it, and nothing must be taken for what it says.
[ -n "$state" ] || exit 0
look
[ "$TORCH_DOCTOR_FEATURES" = yes ] && keep_features
state=$(told %T)
reason=$(told %E)
case $verdict-$state in
    bad-drain* | bad-down* | bad-fail*)
        # Ours with another cause is brought up to date.
        case $reason in
            "$OWN $line") ;;
            "$OWN"*) scontrol update "nodename=$node" state=drain "reason=$OWN $line" ;;
        esac ;;
    bad-*) scontrol update "nodename=$node" state=drain "reason=$OWN $line" ;;
    good-drain*)
        case $reason in
            "$OWN"*) scontrol update "nodename=$node" state=resume ;;
        esac ;;
esac
exit 0
