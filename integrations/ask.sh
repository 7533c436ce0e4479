# Sourced by the node-check.sh of each scheduler, which links to this file: ask torch-doctor of this node once, within a bound.
#
# ask LIMIT WORDS... runs "torch-doctor check WORDS..." and sets code to 0 (PyTorch runs, or no GPU is used), 1 (a cause
# is known) or 2 (unknown), line to one line of at most 80 characters that says why, and features to what jobs may ask
# for; answered is yes where the check came to its end.
# shellcheck shell=sh

nothing_asked() { code=2 line="unknown: no temporary file can be made" features= answered=no; }

ask() {
    nothing_asked
    limit=$1
    shift
    kept=$(mktemp) || return
    # The options are words on purpose.
    # shellcheck disable=SC2086
    line=$(timeout -k 2 "$limit" "${TORCH_DOCTOR:-torch-doctor}" check --quiet "$@" $TORCH_DOCTOR_OPTIONS \
        --format features --output "$kept" --format line </dev/null 2>/dev/null)
    code=$?
    # shellcheck disable=SC2034
    features=$(cat "$kept")
    rm -f "$kept"
    # A bad node is named by a code; whatever else ends with 1 is no verdict.
    # shellcheck disable=SC2034
    case $code:$line in
        0:?* | 1:TD[0-9]* | 2:undecided*) answered=yes ;;
        2:?*) ;;
        124:* | 137:*) code=2 line="unknown: no answer within $limit s" ;;
        *) line="unknown: torch-doctor ended with $code" code=2 ;;
    esac
}
