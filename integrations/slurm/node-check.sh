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

look() {
    verdict=unknown line= features= answered=no
    ask
    if [ "$verdict" = unknown ] && [ "$TORCH_DOCTOR_DRAIN_ON_UNKNOWN" = yes ]; then
        verdict=bad
    fi
}

ask() {
    [ -x "$TORCH_DOCTOR" ] || {
        line="unknown: $TORCH_DOCTOR is no program"
        return
    }
    kept=$(mktemp) || {
        line="unknown: no temporary file can be made"
        return
    }
    set -- check --proof "${TORCH_DOCTOR_PROOF:-static}" --quiet
    if [ -n "$TORCH_DOCTOR_ENV" ]; then
        set -- "$@" --python "$TORCH_DOCTOR_ENV"
    else
        set -- "$@" --ignore TD401
    fi
    # The options are words on purpose.
    # shellcheck disable=SC2086
    line=$(timeout -k 2 "${TORCH_DOCTOR_LIMIT:-30}" "$TORCH_DOCTOR" "$@" $TORCH_DOCTOR_OPTIONS \
        --format features --output "$kept" --format line </dev/null 2>/dev/null)
    code=$?
    features=$(cat "$kept")
    case $code in 0 | 1 | 2) answered=yes ;; esac
    rm -f "$kept"
    case $code in
        # That no GPU is used is right on a node that has none, and the worst fault on any other: only --require-gpu says which.
        0) case $line in cpu-only*) line="unknown: no GPU is used" ;; *) verdict=good ;; esac ;;
        # A bad node is named by a code; whatever else ends with 1 is no verdict.
        1) case $line in TD[0-9]*) verdict=bad ;; *) line="unknown: it ended with 1 and named no cause" ;; esac ;;
        124 | 137) line="unknown: no answer within ${TORCH_DOCTOR_LIMIT:-30} s" ;;
        *) line=${line:-unknown: it ended with $code} ;;
    esac
}
