package peer

import (
	"net"
	"os"
	"strconv"
	"syscall"
)

// occupy takes a port of host without listening on it, so that connections are refused
// there for as long as it is held. A port that was merely free a moment ago may be
// somebody's by the time it is dialled.
func occupy(host string) (addr string, release func() error, err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return "", nil, os.NewSyscallError("socket", err)
	}
	release = func() error { return os.NewSyscallError("close", syscall.Close(fd)) }
	local := &syscall.SockaddrInet4{Addr: [4]byte(net.ParseIP(host).To4())}
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
