"""Where networks are computed: devices, their memory, processes and machines."""
