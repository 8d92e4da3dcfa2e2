using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace MLNet.Dispersion;

/// <summary>What one rank says to another beside MPI.</summary>
internal enum RankMessage : byte
{
    /// <summary>Who it is.</summary>
    Hello = 1,

    /// <summary>That it is there.</summary>
    Alive = 2,

    /// <summary>That its program ends as it should.</summary>
    Left = 3,

    /// <summary>That a rank was lost.</summary>
    Lost = 4,
}

/// <summary>A connection between rank 0 and another rank. Reading is for one thread, sending for any.</summary>
internal sealed class RankLink : IDisposable
{
    private const int HeadLength = 9;
    private const int LongestText = 1 << 16;

    // The first word may take its time: the other process has just begun.
    private const int FirstPatience = 30_000;
    private readonly Lock _sending = new();
    private readonly List<byte> _received = [];
    private readonly byte[] _buffer = new byte[4096];

    /// <param name="socket">Connected; becomes this object's.</param>
    /// <param name="patience">How long sending may take.</param>
    internal RankLink(Socket socket, TimeSpan patience)
    {
        Socket = socket;
        socket.NoDelay = true;
        socket.SendTimeout = (int)patience.TotalMilliseconds;
        Heard = Environment.TickCount64 + FirstPatience;
    }

    internal Socket Socket { get; }

    /// <summary>Gets or sets the rank at the other end; null while it has not said who it is.</summary>
    internal int? Rank { get; set; }

    /// <summary>Gets or sets what messages call it.</summary>
    internal string Name { get; set; } = "a rank";

    /// <summary>Gets when something was heard last, in milliseconds of <see cref="Environment.TickCount64"/>; a time to come while nothing was.</summary>
    internal long Heard { get; private set; }

    /// <summary>Gets whether the other end has said that it leaves.</summary>
    internal bool HasLeft { get; set; }

    /// <summary>Sends a message; false where the connection is broken.</summary>
    internal bool TrySend(RankMessage message, int rank = 0, ReadOnlySpan<byte> content = default)
    {
        byte[] frame = new byte[HeadLength + content.Length];
        frame[0] = (byte)message;
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(1), rank);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(5), content.Length);
        content.CopyTo(frame.AsSpan(HeadLength));
        try
        {
            lock (_sending)
            {
                return Socket.Send(frame) == frame.Length;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Sends a message with a text.</summary>
    internal bool TrySend(RankMessage message, int rank, string text) => TrySend(message, rank, Encoding.UTF8.GetBytes(text.Length > LongestText / 4 ? text[..(LongestText / 4)] : text));

    /// <summary>Reads what has come, once there is something.</summary>
    /// <param name="messages">Gets the whole messages.</param>
    /// <returns>False where the connection is broken or no rank speaks there.</returns>
    internal bool TryRead(List<(RankMessage Kind, int Rank, byte[] Content)> messages)
    {
        try
        {
            int count = Socket.Receive(_buffer);
            if (count == 0)
            {
                return false;
            }

            Heard = Environment.TickCount64;
            _received.AddRange(_buffer.AsSpan(0, count));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }

        while (_received.Count >= HeadLength)
        {
            byte[] head = [.. _received[..HeadLength]];
            int length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(5));
            if (length is < 0 or > LongestText)
            {
                return false;
            }

            if (_received.Count < HeadLength + length)
            {
                break;
            }

            messages.Add(((RankMessage)head[0], BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(1)), [.. _received[HeadLength..(HeadLength + length)]]));
            _received.RemoveRange(0, HeadLength + length);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();
}
