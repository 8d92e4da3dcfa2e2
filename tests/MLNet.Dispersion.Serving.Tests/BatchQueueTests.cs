using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace MLNet.Dispersion.Serving.Tests;

/// <summary>The queue by itself, with engines that a test holds up.</summary>
public sealed class BatchQueueTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualResetEventSlim _go = new(initialState: false);
    private readonly List<int[]> _batches = [];

    private ServingMetrics Metrics => new(_services.GetRequiredService<IMeterFactory>());

    public void Dispose()
    {
        _go.Set();
        _services.Dispose();
    }

    [Fact]
    public async Task Enter_WhileAnEngineWorks_GathersWhatWaitsUpToTheLimit()
    {
        using var queue = Queue(maxRows: 4, maxWaiting: 100);
        Task<IReadOnlyList<int>> first = queue.TryEnter([0], default)!;
        await Waiting.Until(() => queue.Waiting == 0);
        Task<IReadOnlyList<int>>[] others = [.. Enumerable.Range(1, 6).Select(i => queue.TryEnter(i == 3 ? [3, 30] : [i], default)!)];
        _go.Set();

        Assert.Equal([0], await first);
        Assert.Equal([[-1], [-2], [-3, -30], [-4], [-5], [-6]], (await Task.WhenAll(others)).Select(results => results.ToArray()));

        // A request is never split, and one that does not fit waits for the next pass.
        Assert.Equal([[0], [1, 2, 3, 30], [4, 5, 6]], _batches);
    }

    [Fact]
    public async Task Enter_BeyondTheLimit_IsRefusedAndTakesUpNothing()
    {
        using var queue = Queue(maxRows: 1, maxWaiting: 3);
        Task<IReadOnlyList<int>> first = queue.TryEnter([0], default)!;
        await Waiting.Until(() => queue.Waiting == 0);
        Task<IReadOnlyList<int>> second = queue.TryEnter([1, 2], default)!;

        Assert.Null(queue.TryEnter([3, 4], default));
        Task<IReadOnlyList<int>> third = queue.TryEnter([3], default)!;
        Assert.Null(queue.TryEnter([5], default));
        Assert.InRange(queue.RetryAfterSeconds, 1, 60);
        _go.Set();

        Assert.Equal([0, -1, -2, -3], (await Task.WhenAll(first, second, third)).SelectMany(results => results));
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public async Task Enter_ABadRequestAmongOthers_FailsAlone()
    {
        using var queue = Queue(maxRows: 8, maxWaiting: 100);
        Task<IReadOnlyList<int>> first = queue.TryEnter([0], default)!;
        await Waiting.Until(() => queue.Waiting == 0);
        Task<IReadOnlyList<int>> good = queue.TryEnter([1], default)!;
        Task<IReadOnlyList<int>> bad = queue.TryEnter([666], default)!;
        Task<IReadOnlyList<int>> alsoGood = queue.TryEnter([2], default)!;
        _go.Set();

        Assert.Equal([-1], await good);
        Assert.Equal([-2], await alsoGood);
        Assert.Equal("bad row", (await Assert.ThrowsAsync<FormatException>(() => bad)).Message);
        await first;
    }

    [Fact]
    public async Task Enter_TakenBackWhileItWaits_IsNotComputed()
    {
        using var queue = Queue(maxRows: 8, maxWaiting: 100);
        Task<IReadOnlyList<int>> first = queue.TryEnter([0], default)!;
        await Waiting.Until(() => queue.Waiting == 0);
        using var cancel = new CancellationTokenSource();
        Task<IReadOnlyList<int>> gone = queue.TryEnter([1], cancel.Token)!;
        Task<IReadOnlyList<int>> stays = queue.TryEnter([2], default)!;
        await cancel.CancelAsync();
        _go.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.Equal([-2], await stays);
        await first;
        Assert.Equal([[0], [2]], _batches);
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public async Task Dispose_WithRowsInTheQueue_ComputesThemAndAcceptsNoMore()
    {
        var queue = Queue(maxRows: 1, maxWaiting: 100);
        Task<IReadOnlyList<int>>[] accepted = [.. Enumerable.Range(0, 5).Select(i => queue.TryEnter([i], default)!)];
        queue.Close();
        Assert.Null(queue.TryEnter([9], default));
        _go.Set();
        queue.Dispose();

        Assert.All(accepted, task => Assert.True(task.IsCompletedSuccessfully));
        Assert.Equal([0, -1, -2, -3, -4], (await Task.WhenAll(accepted)).SelectMany(results => results));
    }

    [Fact]
    public async Task Enter_WithADelay_WaitsForOthers()
    {
        _go.Set();
        using var queue = Queue(maxRows: 3, maxWaiting: 100, delay: TimeSpan.FromSeconds(10));
        Task<IReadOnlyList<int>>[] entered = [.. Enumerable.Range(1, 3).Select(i => queue.TryEnter([i], default)!)];

        // As soon as the pass is full, not after the delay.
        await Task.WhenAll(entered).WaitAsync(TimeSpan.FromSeconds(8));
        Assert.Equal([[1, 2, 3]], _batches);
    }

    [Fact]
    public async Task Enter_WhereSeveralEnginesAreFree_SharesThemOutWithoutTheDelay()
    {
        using var queue = Queue(maxRows: 8, maxWaiting: 100, engines: 2, delay: TimeSpan.FromMinutes(1));
        Task<IReadOnlyList<int>> first = queue.TryEnter([1], default)!;

        // Two engines are free, so one does not wait; the last free one does, until the other is free again.
        await Waiting.Until(() => queue.Waiting == 0);
        Task<IReadOnlyList<int>> second = queue.TryEnter([2], default)!, third = queue.TryEnter([3], default)!;
        Assert.Equal(2, queue.Waiting);
        _go.Set();

        await Task.WhenAll(first, second, third).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal([[1], [2], [3]], _batches);
    }

    [Fact]
    public async Task Enter_FromManyThreads_AnswersEachWithItsOwn()
    {
        _go.Set();
        using var queue = Queue(maxRows: 16, maxWaiting: 10_000, engines: 3, delay: TimeSpan.FromMilliseconds(1));
        int[][] answers = await Task.WhenAll(Enumerable.Range(1, 500).Select(i => Task.Run(async () => (await queue.TryEnter([i, i + 1000], default)!).ToArray())));
        Assert.Equal(Enumerable.Range(1, 500).Select(i => new[] { -i, -i - 1000 }), answers);
    }

    private BatchQueue<int, int> Queue(int maxRows, int maxWaiting, int engines = 1, TimeSpan delay = default) => new(
        new BatchSettings("test", engines, maxRows, delay, maxWaiting),
        rows =>
        {
            _go.Wait();
            if (rows.Contains(666))
            {
                throw new FormatException("bad row");
            }

            lock (_batches)
            {
                _batches.Add([.. rows]);
            }

            return [.. rows.Select(row => -row)];
        },
        Metrics);
}
