namespace MLNet.Dispersion.Benchmarks.SyntheticTasks;

/// <summary>A task with rows that a rule makes.</summary>
internal abstract class SyntheticTask
{
    /// <summary>The seed of test rows, which no training has.</summary>
    public const int TestSeed = 1_000_003;

    public abstract string Name { get; }

    /// <summary>What is measured.</summary>
    public abstract string Figure { get; }

    /// <summary>What needs no training worth the name.</summary>
    public abstract string BaselineName { get; }

    /// <summary>The embedded model for it.</summary>
    public virtual ModelSource Embedded => ModelSource.TinySentences;

    /// <summary>Makes rows.</summary>
    public abstract IReadOnlyList<object> Draw(int count, int seed);

    /// <summary>How well the baseline does.</summary>
    public abstract double Baseline(int rows, int testRows, int seed);

    /// <summary>How well the rule itself does, which knows everything but the noise.</summary>
    public abstract double Ceiling(int testRows);

    /// <summary>How well a trained model does.</summary>
    public abstract double FineTune(ModelSource backbone, FineTuneOptions options, int rows, int testRows, int seed);

    /// <summary>One of several.</summary>
    protected static T Pick<T>(Random random, IReadOnlyList<T> of) => of[random.Next(of.Count)];
}

/// <summary>A task whose rows are of one type.</summary>
internal abstract class SyntheticTask<TRow> : SyntheticTask
    where TRow : class
{
    /// <inheritdoc/>
    public sealed override IReadOnlyList<object> Draw(int count, int seed) => Rows(count, seed);

    /// <summary>Makes rows.</summary>
    protected abstract TRow[] Rows(int count, int seed);

    /// <summary>The rows to be measured on.</summary>
    protected TRow[] Test(int count) => Rows(count, TestSeed);
}
