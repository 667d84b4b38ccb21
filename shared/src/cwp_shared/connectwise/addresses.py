"""Which addresses a connection to ConnectWise may lead to, whatever a host's name resolves to.

Names are allow-listed (`tenants.SiteUrl`), what they resolve to is not ours: a name of an
on-premises site may be pointed at the machine that asks, or at the cloud's metadata service. So
the address is looked at once the connection stands, and before anything is said over it.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from cwp_shared.connectwise.failures import JobFailed

#: The metadata service over IPv6; the others are link-local.
_METADATA: Final = ip_address("fd00:ec2::254")


def check_address(host: str, address: str) -> None:
    """See that `host` may be asked at `address`.

    Private addresses may: an on-premises site is reached through a VPN.

    Raises:
        JobFailed: it is this machine (unless `host` says so itself), or no host's own address.
    """
    found = _plain(ip_address(address.partition("%")[0]))
    is_this_machine = found.is_loopback or found.is_unspecified
    if is_this_machine and _names_this_machine(host):
        return
    if is_this_machine or found.is_link_local or found.is_multicast or found == _METADATA:
        raise JobFailed(
            "configuration",
            f"{host} leads to {found}, where no ConnectWise can be; nothing was sent. See to its "
            "DNS entry, or change the tenant's site",
        )


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    return getattr(address, "ipv4_mapped", None) or address


def _names_this_machine(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn(), self)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn(), self)


def _checked(connected: socket.socket, connection: HTTPConnection) -> socket.socket:
    # Of a proxy the operator has set it is the proxy's address, and where it leads is its affair.
    if connection.proxy is None:
        try:
            check_address(connection.host, connected.getpeername()[0])
        except BaseException:
            connected.close()
            raise
    return connected


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class GuardedAdapter(HTTPAdapter):
    """An adapter of requests whose connections lead nowhere they may not."""

    poolmanager: PoolManager

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 - the adapter's own signature
        **pool_kwargs: Any,
    ) -> None:
        """Make the pools: see `requests.adapters.HTTPAdapter`."""
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
