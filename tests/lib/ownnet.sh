# Sourced first by tests that have servers of this host's: they run in a network of their own, where they may have one, so that nobody
# else has taken their ports, or takes them between the choice and the use.
if [ -z "$OWN_NETWORK" ] && command -v ip >/dev/null && unshare -rn true 2>/dev/null; then
	OWN_NETWORK=yes exec unshare -rn "$0" "$@"
fi
[ -z "$OWN_NETWORK" ] || ip link set lo up
