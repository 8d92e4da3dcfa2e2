namespace MLNet.Dispersion;

/// <summary>What a model scored, task by task. Immutable and thread-safe; holds no tensors.</summary>
public sealed class EvaluationResult
{
    internal EvaluationResult(string model, DateTimeOffset measured, int seed, IEnumerable<BenchmarkResult> tasks)
    {
        Model = model;
        Measured = measured;
        Seed = seed;
        Tasks = Array.AsReadOnly(tasks.ToArray());
    }

    /// <summary>Gets the model's name.</summary>
    public string Model { get; }

    /// <summary>Gets when it was measured.</summary>
    public DateTimeOffset Measured { get; }

    /// <summary>Gets the seed of samples and few-shot examples.</summary>
    public int Seed { get; }

    /// <summary>Gets one result a task, in the order in which they ran.</summary>
    public IReadOnlyList<BenchmarkResult> Tasks { get; }

    /// <summary>Gets the mean over the tasks of their main score, 0..1, every task counting the same; perplexities are left out. NaN when nothing remains.</summary>
    public double Mean => Shares.Length > 0 ? Shares.Average(score => score.Value) : double.NaN;

    /// <summary>Gets the standard error of <see cref="Mean"/>, the tasks being independent: the root of the sum of squared standard errors, divided by their number.</summary>
    public double MeanStandardError => Shares.Length > 0 ? Math.Sqrt(Shares.Sum(score => score.StandardError * score.StandardError)) / Shares.Length : double.NaN;

    private BenchmarkScore[] Shares => [.. Tasks.Select(task => task.Main).Where(score => score.Metric.IsShare())];

    /// <summary>Gets the result of a task.</summary>
    /// <param name="name">Its short name.</param>
    /// <exception cref="ArgumentException">It was not run.</exception>
    public BenchmarkResult Task(string name) => Tasks.FirstOrDefault(task => task.Task == name)
        ?? throw new ArgumentException($"The task '{name}' was not run; run were {string.Join(", ", Tasks.Select(task => task.Task))}.", nameof(name));

    /// <summary>Makes a result with the perplexity of a text before its tasks.</summary>
    /// <param name="perplexity">The perplexity, of the same model.</param>
    /// <param name="task">The short name that it gets, such as <c>wikitext</c>.</param>
    /// <param name="title">The name for people; null for <paramref name="task"/>.</param>
    public EvaluationResult With(WordPerplexityResult perplexity, string task = "word_perplexity", string? title = null)
    {
        ArgumentNullException.ThrowIfNull(perplexity);
        ArgumentException.ThrowIfNullOrWhiteSpace(task);
        return new EvaluationResult(Model, Measured, Seed, Tasks.Prepend(perplexity.ToBenchmark(task, title ?? task)));
    }

    /// <summary>Writes a table for the console, one line a score, in invariant culture.</summary>
    public override string ToString() => EvaluationText.ToConsole(this);

    /// <summary>Writes a table in GitHub's Markdown, one line a score, in invariant culture.</summary>
    public string ToMarkdown() => EvaluationText.ToMarkdown(this);

    /// <summary>Writes the result as versioned JSON; <see cref="FromJson"/> gives every figure back exactly.</summary>
    public string ToJson() => EvaluationJson.Write(this);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The document.</param>
    /// <exception cref="FormatException">It is damaged, of another kind, or of a newer version: the message names what is wrong.</exception>
    public static EvaluationResult FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return EvaluationJson.Read(json);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">It is damaged, of another kind, or of a newer version: the message names the file and what is wrong.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static EvaluationResult Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string json = RegularFile.ReadAllText(path);
        try
        {
            return EvaluationJson.Read(json);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Writes <see cref="ToJson"/> to a file, which appears whole or not at all; missing folders are made.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(string path) => EvaluationJson.Save(this, path);
}
