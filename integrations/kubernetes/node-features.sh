#!/bin/sh
# Write what jobs may ask for as a feature file of node-feature-discovery, once or (with an interval in seconds) for ever.
#
# The file is laid in place whole, and its words expire: a node that nobody looks at any more loses them. A look that does
# not come to its end says nothing: the words of the one before stay until they expire.

here=${0%/*}
. "$here/node-check.sh"
folder=${FEATURES_DIR:-/etc/kubernetes/node-feature-discovery/features.d}
interval=${1:-0}
# Two looks may fail before the words are gone.
lasts=$((interval > 0 ? interval * 3 : 3600))

write() {
    # NFD reads no file whose name begins with a dot.
    unfinished=$folder/.torch-doctor.$$
    {
        echo "# +expiry-time=$(date -u -d "@$(($(date +%s) + lasts))" +%Y-%m-%dT%H:%M:%SZ)"
        for word in $(printf '%s' "$features" | tr , ' '); do
            echo "feature.node.kubernetes.io/torch-doctor.$word=true"
        done
    } > "$unfinished" && chmod 644 "$unfinished" && mv "$unfinished" "$folder/torch-doctor"
}

while :; do
    look
    forget
    links=
    echo "$line"
    [ "$answered" = no ] || write || code=2
    [ "$interval" -gt 0 ] || exit "$code"
    sleep "$interval" &
    wait $!
done
