# Sourced by prolog.sh and health-check.sh: look at this node once, within a bound.
#
# look() sets verdict to good, bad or unknown, line to one line that says why, and features to what jobs may ask for;
# answered is yes where the check came to its end.
# shellcheck shell=sh

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 077
# shellcheck disable=SC2034
OWN='[torch-doctor]'
. "$here/torch-doctor.conf"
if [ -n "$SLURM_CONF" ]; then export SLURM_CONF; else unset SLURM_CONF; fi

. "$here/ask.sh"

look() {
    verdict=unknown
    if [ -n "$TORCH_DOCTOR_ENV" ]; then
        set -- --python "$TORCH_DOCTOR_ENV"
    else
        set -- --ignore TD401
    fi
    ask "${TORCH_DOCTOR_LIMIT:-30}" --proof "${TORCH_DOCTOR_PROOF:-static}" "$@"
    case $code:$line in
        # That no GPU is used is right on a node that has none, and the worst fault on any other: only --require-gpu says which.
        0:cpu-only*) line="unknown: no GPU is used" ;;
        0:*) verdict=good ;;
        1:*) verdict=bad ;;
    esac
    if [ "$verdict" = unknown ] && [ "$TORCH_DOCTOR_DRAIN_ON_UNKNOWN" = yes ]; then
        verdict=bad
    fi
}
