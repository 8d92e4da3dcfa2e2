using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace MLNet.Dispersion;

/// <summary>Notices ranks that are lost: every rank has a TCP connection to rank 0, over which both say time and again that they are there. MPI itself may wait for ever where a cable is cut.</summary>
/// <remarks>
/// A connection that ends tells of a process that ended; silence beyond the time limit of a machine or network that is gone. Rank 0 tells the others. What is lost first is what counts.
/// A thread of its own does all that; the other members may be called from any thread.
/// </remarks>
internal sealed class RankWatch : IDisposable
{
    private const int BeatsPerLimit = 8;
    private static readonly TimeSpan LongestBeat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ConnectionPatience = TimeSpan.FromSeconds(5);
    private readonly int _rank;
    private readonly int _count;
    private readonly TimeSpan _limit;
    private readonly TimeSpan _beat;
    private readonly byte[] _token;
    private readonly TcpListener? _listener;
    private readonly List<RankLink> _links = [];
    private readonly ManualResetEventSlim _complete = new();
    private readonly ManualResetEventSlim _lost = new();
    private readonly Thread _thread;
    private volatile bool _ends;
    private DistributedTrainingException? _loss;

    private RankWatch(int rank, int count, TimeSpan limit, byte[] token, TcpListener? listener)
    {
        (_rank, _count, _limit, _token, _listener) = (rank, count, limit, token, listener);
        TimeSpan beat = limit / BeatsPerLimit;
        _beat = beat < LongestBeat ? beat : LongestBeat;
        _thread = new Thread(Run) { IsBackground = true, Name = "MLNet.Dispersion ranks" };
    }

    /// <summary>Gets whether a rank was lost.</summary>
    internal bool IsLost => _loss is not null;

    /// <summary>Begins to listen, as rank 0.</summary>
    /// <param name="count">How many ranks there are.</param>
    /// <param name="port">The port; 0 for any.</param>
    /// <param name="limit">How long a rank may be silent.</param>
    /// <param name="invitation">What the others need to know.</param>
    internal static RankWatch Listen(int count, int port, TimeSpan limit, out RankInvitation invitation)
    {
        var listener = new TcpListener(IPAddress.Any, port);
        listener.Start(count);
        invitation = RankInvitation.Of(listener);
        var watch = new RankWatch(0, count, limit, invitation.Token, listener);
        watch._thread.Start();
        return watch;
    }

    /// <summary>Connects to rank 0, as another rank.</summary>
    /// <exception cref="DistributedTrainingException">It cannot be reached.</exception>
    internal static RankWatch Connect(int rank, int count, TimeSpan limit, RankInvitation invitation)
    {
        var failures = new List<string>();
        foreach (string address in invitation.Addresses)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                using var patience = new CancellationTokenSource(ConnectionPatience);
                socket.ConnectAsync(IPAddress.Parse(address), invitation.Port, patience.Token).AsTask().GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                failures.Add($"{address}: {(e is SocketException ? e.Message : "no answer")}");
                socket.Dispose();
                continue;
            }

            var watch = new RankWatch(rank, count, limit, invitation.Token, listener: null);
            var link = new RankLink(socket, limit) { Rank = 0, Name = invitation.Name };
            watch._links.Add(link);
            link.TrySend(RankMessage.Hello, rank, [.. invitation.Token, .. Encoding.UTF8.GetBytes(RankInvitation.NameOf(rank))]);
            watch._thread.Start();
            return watch;
        }

        throw new DistributedTrainingException(
            0, FormattableString.Invariant($"{RankInvitation.NameOf(rank)} cannot reach {invitation.Name} at port {invitation.Port}: {string.Join("; ", failures)}. Let the machines talk to each other over TCP; where only one port is open, set DistributedOptions.Port to it."));
    }

    /// <summary>Waits, as rank 0, until all have connected.</summary>
    /// <exception cref="DistributedTrainingException">One has not, or was lost already.</exception>
    internal void WaitForAll()
    {
        TimeSpan patience = _limit + (ConnectionPatience * 4);
        if (!_complete.Wait(patience))
        {
            int[] present = Locked(() => _links.Select(link => link.Rank).OfType<int>().ToArray());
            int missing = Enumerable.Range(1, _count - 1).Except(present).First();
            Declare(missing, FormattableString.Invariant($"Rank {missing} has not connected to rank 0 within {patience.TotalSeconds:0} s."));
        }

        ThrowIfLost(TimeSpan.Zero);
    }

    /// <summary>Throws where a rank was lost, or has left and is waited for beyond the time limit.</summary>
    /// <param name="waited">How long this rank has been waiting for the others.</param>
    /// <exception cref="DistributedTrainingException">So it is.</exception>
    internal void ThrowIfLost(TimeSpan waited)
    {
        if (waited > _limit && _loss is null && Locked(() => _links.Find(link => link.HasLeft)) is { } left)
        {
            Declare(left.Rank!.Value, $"{Capitalized(left.Name)} has ended its program, while others still train: every rank must make the same calls.");
        }

        if (_loss is { } loss)
        {
            throw loss;
        }
    }

    /// <summary>What was lost; null for nothing.</summary>
    /// <param name="waitForIt">Whether something is known to be wrong, so that it must show within the time limit.</param>
    internal DistributedTrainingException? Loss(bool waitForIt)
    {
        if (waitForIt)
        {
            _lost.Wait(_limit + _beat);
        }

        return _loss;
    }

    /// <summary>Tells the others that this rank cannot go on. Nothing where a loss is known already.</summary>
    internal void Fail(Exception reason) => Declare(_rank, $"{Capitalized(RankInvitation.NameOf(_rank))} failed: {reason.GetType().Name}: {reason.Message.TrimEnd('.')}.");

    /// <summary>Tells the others that this rank's program ends while it trains.</summary>
    internal void Ended() => Declare(_rank, $"{Capitalized(RankInvitation.NameOf(_rank))} has ended its program in the middle of training.");

    /// <summary>Says goodbye.</summary>
    public void Dispose()
    {
        if (_ends)
        {
            return;
        }

        if (!IsLost)
        {
            foreach (RankLink link in Locked(_links.ToArray))
            {
                link.TrySend(RankMessage.Left, _rank);
            }
        }

        _ends = true;
        _thread.Join(_limit);
        _listener?.Dispose();
        foreach (RankLink link in Locked(_links.ToArray))
        {
            link.Dispose();
        }
    }

    private static string Capitalized(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private void Run()
    {
        long lastBeat = 0;
        long woken = Environment.TickCount64;
        while (!_ends)
        {
            List<Socket> readable = Locked(() => _links.Where(link => !link.HasLeft).Select(link => link.Socket).ToList());
            if (_listener is { } listener)
            {
                readable.Add(listener.Server);
            }

            if (readable.Count == 0)
            {
                return;
            }

            Socket.Select(readable, null, null, _beat / 2);
            foreach (Socket socket in readable)
            {
                Hear(socket);
            }

            // A machine that slept, or a process that was stopped, has heard nothing in that time: the others get a limit of their own.
            long now = Environment.TickCount64;
            bool slept = now - woken > _limit.TotalMilliseconds / 2;
            woken = now;
            if (now - lastBeat >= _beat.TotalMilliseconds)
            {
                lastBeat = now;
                Beat(now, judge: !slept);
            }
        }
    }

    private void Hear(Socket socket)
    {
        if (socket == _listener?.Server)
        {
            var accepted = new RankLink(_listener.AcceptSocket(), _limit);
            Locked(() => _links.Add(accepted));
            return;
        }

        RankLink link = Locked(() => _links.First(link => link.Socket == socket));
        var messages = new List<(RankMessage Kind, int Rank, byte[] Content)>();
        bool stands = link.TryRead(messages);
        foreach (var (kind, rank, content) in messages)
        {
            stands &= Obey(link, kind, rank, content);
        }

        if (!stands)
        {
            Broken(link);
        }
    }

    /// <summary>Does what a message asks for; false where it is none of a rank.</summary>
    private bool Obey(RankLink link, RankMessage kind, int rank, byte[] content)
    {
        switch (kind)
        {
            case RankMessage.Hello when _listener is not null && link.Rank is null:
                return Welcome(link, rank, content);
            case RankMessage.Alive when link.Rank is not null:
                return true;
            case RankMessage.Left when link.Rank is not null:
                link.HasLeft = true;
                return true;
            case RankMessage.Lost when link.Rank is not null:
                Declare(rank, Encoding.UTF8.GetString(content));
                return true;
            default:
                return false;
        }
    }

    private bool Welcome(RankLink link, int rank, byte[] content)
    {
        if (content.Length <= _token.Length || !CryptographicOperations.FixedTimeEquals(content.AsSpan(0, _token.Length), _token) || rank < 1 || rank >= _count)
        {
            return false;
        }

        link.Name = Encoding.UTF8.GetString(content.AsSpan(_token.Length));
        link.Rank = rank;
        link.TrySend(RankMessage.Alive, _rank);
        if (Locked(() => _links.Count(other => other.Rank is not null)) == _count - 1)
        {
            _complete.Set();
        }

        return true;
    }

    private void Broken(RankLink link)
    {
        if (link.Rank is { } rank && !link.HasLeft)
        {
            Declare(rank, $"{Capitalized(link.Name)} has ended: its connection was closed.");
        }

        Locked(() => _links.Remove(link));
        link.Dispose();
    }

    private void Beat(long now, bool judge)
    {
        foreach (RankLink link in Locked(_links.ToArray))
        {
            if (link.HasLeft)
            {
                continue;
            }

            if (judge && now - link.Heard > _limit.TotalMilliseconds)
            {
                if (link.Rank is { } rank)
                {
                    Declare(rank, FormattableString.Invariant($"Nothing has been heard of {link.Name} for {_limit.TotalSeconds:0.#} s (DistributedOptions.TimeLimit), seen from {RankInvitation.NameOf(_rank)}: its machine or the network between is gone, or its process stands still."));
                }
                else
                {
                    Broken(link);
                }
            }
            else if (link.Rank is not null)
            {
                link.TrySend(RankMessage.Alive, _rank);
            }
        }
    }

    private void Declare(int rank, string text)
    {
        var loss = new DistributedTrainingException(rank, text);
        if (Interlocked.CompareExchange(ref _loss, loss, null) is not null)
        {
            return;
        }

        _lost.Set();
        _complete.Set();
        foreach (RankLink link in Locked(_links.ToArray))
        {
            if (link.Rank is { } other && other != rank && !link.HasLeft)
            {
                link.TrySend(RankMessage.Lost, rank, text);
            }
        }
    }

    private void Locked(Action what) => Locked(() =>
    {
        what();
        return true;
    });

    private T Locked<T>(Func<T> what)
    {
        lock (_links)
        {
            return what();
        }
    }
}
