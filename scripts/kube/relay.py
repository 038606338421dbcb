"""Pass connections to HOST:PORT on to 127.0.0.1:TO, for a server that listens on this machine alone: relay.py HOST PORT TO."""
import asyncio
import sys

host, port, to = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


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
    try:
        r, w = await asyncio.open_connection("127.0.0.1", to)
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy(reader, w), copy(r, writer))


async def main():
    async with await asyncio.start_server(serve, host, port) as server:
        await server.serve_forever()


asyncio.run(main())
