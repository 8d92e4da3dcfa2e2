using System.Net;
using System.Net.Sockets;

namespace MLNet.Dispersion.Tests.Training.Distributed;

/// <summary>Who is lost, and who hears of it: without MPI, over the machine's own network.</summary>
public sealed class RankWatchTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Ranks_AreThere_NothingIsLost()
    {
        using var hub = RankWatch.Listen(3, port: 0, Limit, out RankInvitation invitation);
        using var one = RankWatch.Connect(1, 3, Limit, RankInvitation.Read(invitation.ToBytes()));
        using var two = RankWatch.Connect(2, 3, Limit, invitation);
        hub.WaitForAll();

        Thread.Sleep(Limit * 3);

        Assert.All([hub, one, two], watch => watch.ThrowIfLost(TimeSpan.Zero));
    }

    [Fact]
    public void Rank_ConnectionEnds_AllHearOfIt()
    {
        using var hub = RankWatch.Listen(3, port: 0, Patience, out RankInvitation invitation);
        using var one = RankWatch.Connect(1, 3, Patience, invitation);
        using (Socket two = Speak(invitation, rank: 2))
        {
            hub.WaitForAll();
        }

        Assert.All([hub, one], watch => Assert.Equal(2, Loss(watch).Rank));
        Assert.Contains("Rank 2 (a test) has ended", Loss(one).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rank_IsSilent_AllHearOfItAfterTheTimeLimit()
    {
        using var hub = RankWatch.Listen(3, port: 0, Limit, out RankInvitation invitation);
        using var one = RankWatch.Connect(1, 3, Limit, invitation);
        using Socket two = Speak(invitation, rank: 2);
        hub.WaitForAll();

        Assert.All([hub, one], watch => Assert.Equal(2, Loss(watch).Rank));
        Assert.Contains("Nothing has been heard of rank 2 (a test) for 1 s", Loss(one).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rank_Fails_AllHearWhy()
    {
        using var hub = RankWatch.Listen(3, port: 0, Patience, out RankInvitation invitation);
        using var one = RankWatch.Connect(1, 3, Patience, invitation);
        using var two = RankWatch.Connect(2, 3, Patience, invitation);
        hub.WaitForAll();

        two.Fail(new TimeoutException("no answer"));
        Loss(hub);
        hub.Fail(new TimeoutException("a later one"));

        Assert.All([hub, one], watch => Assert.Equal(2, Loss(watch).Rank));
        Assert.Contains("TimeoutException: no answer", Loss(one).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rank_LeavesAndIsWaitedFor_IsLost()
    {
        using var hub = RankWatch.Listen(2, port: 0, Limit, out RankInvitation invitation);
        var one = RankWatch.Connect(1, 2, Limit, invitation);
        hub.WaitForAll();
        one.Dispose();
        Thread.Sleep(Limit * 2);

        hub.ThrowIfLost(TimeSpan.Zero);
        var error = Assert.Throws<DistributedTrainingException>(() => hub.ThrowIfLost(Limit * 2));

        Assert.Equal(1, error.Rank);
        Assert.Contains("has ended its program", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void First_Ends_OthersHearOfIt()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var one = RankWatch.Connect(1, 2, Patience, new RankInvitation("rank 0 (a test)", ["127.0.0.1"], ((IPEndPoint)listener.LocalEndpoint).Port, new byte[16]));
        listener.AcceptSocket().Dispose();
        listener.Dispose();

        Assert.Equal(0, Loss(one).Rank);
    }

    /// <summary>A stranger who finds the port: another token, no token, any bytes, or nothing.</summary>
    [Fact]
    public void Stranger_Connects_ChangesNothing()
    {
        using var hub = RankWatch.Listen(2, port: 0, Limit, out RankInvitation invitation);
        using Socket wrong = Speak(invitation with { Token = new byte[16] }, rank: 1);
        using Socket noise = Connected(invitation);
        noise.Send([9, 9, 9, 9, 9, 255, 255, 255, 255, 1]);
        using Socket goodbye = Connected(invitation);
        goodbye.Send([3, 1, 0, 0, 0, 0, 0, 0, 0]);
        using Socket loss = Connected(invitation);
        loss.Send([4, 1, 0, 0, 0, 0, 0, 0, 0]);
        using Socket silent = Connected(invitation);
        using var one = RankWatch.Connect(1, 2, Limit, invitation);
        hub.WaitForAll();

        Thread.Sleep(Limit * 3);

        Assert.All([hub, one], watch => watch.ThrowIfLost(Limit * 5));
        Assert.Equal(0, wrong.Receive(new byte[1]));
    }

    [Fact]
    public void Connect_NobodyListens_NamesAddressesAndTheCure()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Dispose();

        var error = Assert.Throws<DistributedTrainingException>(() => RankWatch.Connect(1, 2, Limit, new RankInvitation("rank 0", ["127.0.0.1"], port, new byte[16])));

        Assert.Contains("127.0.0.1", error.Message, StringComparison.Ordinal);
        Assert.Contains("DistributedOptions.Port", error.Message, StringComparison.Ordinal);
    }

    private static DistributedTrainingException Loss(RankWatch watch)
    {
        Assert.True(SpinWait.SpinUntil(() => watch.IsLost, Patience), "No loss was noticed.");
        return watch.Loss(waitForIt: false)!;
    }

    private static Socket Connected(RankInvitation invitation)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, invitation.Port);
        return socket;
    }

    /// <summary>A rank that says who it is and nothing more.</summary>
    private static Socket Speak(RankInvitation invitation, int rank)
    {
        Socket socket = Connected(invitation);
        var link = new RankLink(socket, Patience);
        Assert.True(link.TrySend(RankMessage.Hello, rank, [.. invitation.Token, .. System.Text.Encoding.UTF8.GetBytes($"rank {rank} (a test)")]));
        return socket;
    }
}
