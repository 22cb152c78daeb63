"""A small news site to run everything against: three invented outlets, served for real on loopback."""

from flows.demo.server import DemoSite, Request

__all__ = ["DemoSite", "Request"]
