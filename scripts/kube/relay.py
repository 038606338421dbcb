"""Pass connections to HOST:PORT on to 127.0.0.1:TO, for a server that listens on this machine alone: relay.py HOST PORT TO[,TO…].

Of several ports each has its turn; one on which nobody listens is passed over."""
import asyncio
import sys

host, port, ports = sys.argv[1], int(sys.argv[2]), [int(p) for p in sys.argv[3].split(",")]


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(reader, writer):
    ports.append(ports.pop(0))
    for to in list(ports):
        try:
            r, w = await asyncio.open_connection("127.0.0.1", to)
        except OSError:
            continue
        await asyncio.gather(copy(reader, w), copy(r, writer))
        return
    writer.close()


async def main():
    async with await asyncio.start_server(serve, host, port) as server:
        await server.serve_forever()


asyncio.run(main())
