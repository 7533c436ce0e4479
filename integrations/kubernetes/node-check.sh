# Sourced by the scripts of this folder: look at this node once, within a bound.
#
# look() sets code to 0 (PyTorch runs), 1 (a cause is known) or 2 (unknown), line to one line of at most 80 characters,
# and features to what jobs may ask for; answered is yes where the check came to its end. TORCH_DOCTOR_TORCH is the
# build that the pods bring, such as 2.9.1+cu130: the image of torch-doctor has none, and the node is judged as if it
# ran there. TORCH_DOCTOR_OPTIONS are more options, such as --require-gpu, without which a node where no GPU is seen is
# none that has a problem.
# shellcheck shell=sh

. "$here/ask.sh"
links=
path_before=${LD_LIBRARY_PATH:-}
forget() { [ -z "$links" ] || rm -rf "$links"; }
trap forget EXIT
trap 'exit 143' TERM INT

# The driver container of the GPU operator keeps the driver in a root file system of its own. Its folder of libraries
# holds a C library, too, which must not be found: only what belongs to the driver is linked to.
find_driver() {
    # A loop looks often: what the look before has added goes.
    if [ -n "$path_before" ]; then LD_LIBRARY_PATH=$path_before; else unset LD_LIBRARY_PATH; fi
    for place in usr/lib/x86_64-linux-gnu usr/lib/aarch64-linux-gnu usr/lib64; do
        from=${DRIVER_ROOT:-/run/nvidia/driver}/$place
        [ -e "$from/libnvidia-ml.so.1" ] || continue
        links=$(mktemp -d) || return 1
        for file in "$from"/libcuda.so* "$from"/libnvidia-*.so*; do
            [ ! -e "$file" ] || ln -s "$file" "$links/"
        done
        LD_LIBRARY_PATH=${path_before:+$path_before:}$links
        export LD_LIBRARY_PATH
        return 0
    done
}

look() {
    nothing_asked
    find_driver || return
    if [ -n "$TORCH_DOCTOR_TORCH" ]; then
        set -- --assume "host,torch=$TORCH_DOCTOR_TORCH"
    else
        set -- --ignore TD401
    fi
    ask "${TORCH_DOCTOR_LIMIT:-40}" --proof static "$@"
}
