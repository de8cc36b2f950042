package peer

import (
	"net"
	"os"
	"strconv"
	"syscall"
)

// occupy takes addr, any port for port 0, without listening on it, so that connections are
// refused there for as long as it is held. A port that was merely free a moment ago may be
// somebody's by the time it is dialled.
func occupy(addr string) (taken string, release func() error, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", nil, err
	}
	wanted, err := strconv.Atoi(port)
	if err != nil {
		return "", nil, err
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return "", nil, os.NewSyscallError("socket", err)
	}
	release = func() error { return os.NewSyscallError("close", syscall.Close(fd)) }
	if wanted != 0 { // connections that ended there linger for a minute, and would be in the way
		if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
			release()
			return "", nil, os.NewSyscallError("setsockopt", err)
		}
	}
	local := &syscall.SockaddrInet4{Port: wanted, Addr: [4]byte(net.ParseIP(host).To4())}
	if err := syscall.Bind(fd, local); err != nil {
		release()
		return "", nil, os.NewSyscallError("bind", err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		release()
		return "", nil, os.NewSyscallError("getsockname", err)
	}
	return net.JoinHostPort(host, strconv.Itoa(bound.(*syscall.SockaddrInet4).Port)), release, nil
}
