using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The ranks of one training run, as its loop sees them: who does which micro-batch, and what all agree on.</summary>
/// <remarks>Owns the bucket of gradients. For the training thread.</remarks>
internal sealed class RankGroup : IDisposable
{
    private readonly ICollective _collective;
    private readonly GradientSum _gradients;
    private readonly Action _ended;
    private readonly Dictionary<string, string[]> _names = new(StringComparer.Ordinal);
    private bool _allKnow;

    /// <param name="collective">What the ranks do together.</param>
    /// <param name="ended">Called at the end of the run; null for nothing.</param>
    internal RankGroup(ICollective collective, Action? ended = null)
    {
        _collective = collective;
        _gradients = new GradientSum(collective);
        _ended = ended ?? (() => { });
    }

    internal int Rank => _collective.Rank;

    internal int Count => _collective.Count;

    internal bool IsFirst => Rank == 0;

    /// <summary>The ranks of this process's job, for one run; null where the options ask for none.</summary>
    internal static RankGroup? Join(DistributedOptions? options)
    {
        if (options is null)
        {
            return null;
        }

        DistributedJob job = DistributedJob.Join(options);
        job.RunBegins();
        return new RankGroup(job.Collective, job.RunEnds);
    }

    /// <summary>This rank's share of what all do together, such as micro-batches: every n-th.</summary>
    internal IEnumerable<T> Share<T>(IEnumerable<T> all) => all.Where((_, place) => place % Count == Rank);

    /// <summary>Where something of this rank's share lies among all.</summary>
    internal int PlaceOf(int own) => Rank + (own * Count);

    /// <summary>Adds numbers up over all ranks, in the ranks' order: the same bits on each.</summary>
    internal double[] Total(params ReadOnlySpan<double> values)
    {
        double[] total = new double[values.Length];
        foreach (double[] part in _collective.Gather(values))
        {
            for (int i = 0; i < total.Length; i++)
            {
                total[i] += part[i];
            }
        }

        return total;
    }

    /// <summary>Adds figures up by name.</summary>
    /// <param name="kind">Which figures they are: those of a kind have the same names each time, those that rank 0 has.</param>
    /// <param name="figures">Of this rank.</param>
    internal IReadOnlyDictionary<string, double> Total(string kind, IReadOnlyDictionary<string, double> figures)
    {
        if (!_names.TryGetValue(kind, out string[]? names))
        {
            names = JsonSerializer.Deserialize<string[]>(_collective.FromFirst(JsonSerializer.SerializeToUtf8Bytes(figures.Keys.Order(StringComparer.Ordinal))))!;
            _names[kind] = names;
        }

        if (names.Length == 0)
        {
            return figures;
        }

        double[] total = Total([.. names.Select(name => figures.GetValueOrDefault(name))]);
        return names.Zip(total).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    /// <summary>Ends training on all ranks alike where one of them was asked to.</summary>
    /// <param name="cancellation">Of this rank.</param>
    /// <param name="isAsked">On how many ranks it was.</param>
    /// <exception cref="OperationCanceledException">There was one.</exception>
    internal void ThrowIfCancelled(double isAsked, CancellationToken cancellation)
    {
        if (isAsked > 0)
        {
            _allKnow = true;
            cancellation.ThrowIfCancellationRequested();
            throw new OperationCanceledException("Training was cancelled on another rank, and so ended on all.");
        }
    }

    /// <summary>Replaces gradients by their sums over all ranks.</summary>
    internal void SumGradients(IEnumerable<Parameter> parameters) => _gradients.Run([.. parameters]);

    /// <summary>The text of rank 0, on every rank.</summary>
    internal string FromFirst(string text) => JsonSerializer.Deserialize<string>(_collective.FromFirst(JsonSerializer.SerializeToUtf8Bytes(text)))!;

    /// <summary>The number of rank 0, on every rank.</summary>
    internal int FromFirst(int number) => (int)_collective.Gather([number])[0][0];

    /// <summary>Waits until all ranks are here.</summary>
    internal void Meet() => _collective.Gather([0]);

    /// <summary>Checks that all ranks make the same run.</summary>
    /// <param name="run">What tells this rank's from others.</param>
    /// <exception cref="ArgumentException">This rank's differs from that of rank 0.</exception>
    /// <exception cref="DistributedTrainingException">Another rank's does.</exception>
    internal void RequireSameRun(IReadOnlyDictionary<string, string> run)
    {
        var first = JsonSerializer.Deserialize<Dictionary<string, string>>(_collective.FromFirst(JsonSerializer.SerializeToUtf8Bytes(run)))!;
        string[] differences = [.. run.Keys.Union(first.Keys).Order(StringComparer.Ordinal)
            .Where(name => run.GetValueOrDefault(name) != first.GetValueOrDefault(name))
            .Select(name => $"{name} is {run.GetValueOrDefault(name) ?? "absent"} and on rank 0 {first.GetValueOrDefault(name) ?? "absent"}")];
        double[][] counts = _collective.Gather([differences.Length]);
        if (differences.Length > 0)
        {
            throw new ArgumentException($"Rank {Rank} is to make another run than rank 0: {string.Join("; ", differences.Take(5))}. All ranks must make the same call with the same data, options and backbone.");
        }

        int other = Array.FindIndex(counts, count => count[0] > 0);
        if (other >= 0)
        {
            throw new DistributedTrainingException(other, $"Rank {other} is to make another run than rank 0: its own error says what differs. All ranks must make the same call with the same data, options and backbone.");
        }
    }

    /// <summary>Checks that all ranks have the same weights, bit for bit.</summary>
    /// <exception cref="DistributedTrainingException">One has others.</exception>
    internal void RequireSameWeights(IEnumerable<Parameter> parameters)
    {
        double[][] sums = _collective.Gather([Fingerprint(parameters)]);
        int other = Array.FindIndex(sums, sum => sum[0] != sums[0][0]);
        if (other >= 0)
        {
            throw new DistributedTrainingException(other, $"The weights of rank {other} are no longer those of rank 0. An observer or another thread has changed them, or the machines compute differently: use machines of one kind, or the same device on all.");
        }
    }

    /// <summary>Tells the others that this rank cannot go on, unless all find the same.</summary>
    internal void Fail(Exception reason)
    {
        if (!_allKnow && reason is not DistributedTrainingException)
        {
            _collective.Fail(reason);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gradients.Dispose();
        _ended();
    }

    /// <summary>A number that hardly any other weights have: the sum of their bits, each times its place, as far as a float64 holds it.</summary>
    private static double Fingerprint(IEnumerable<Parameter> parameters)
    {
        ulong sum = 0;
        foreach (Parameter parameter in parameters)
        {
            using var scope = NewDisposeScope();
            Tensor values = parameter.detach().to(ScalarType.Float32).cpu().contiguous();
            ulong place = 1;
            foreach (uint bits in MemoryMarshal.Cast<byte, uint>(values.bytes))
            {
                sum = unchecked(sum + (bits * place));
                place += 2;
            }
        }

        return sum >> 11;
    }
}
