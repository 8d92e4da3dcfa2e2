using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MLNet.Dispersion.Serving;

/// <summary>The model with its pools of engines and what watches it. Closed when the server has answered everything; disposing waits for the engines. Thread-safe.</summary>
internal sealed class Engines : IHostedService, IDisposable
{
    private volatile bool _closed;

    /// <summary>Makes the pools that the model needs.</summary>
    /// <exception cref="ModelFileException">The baseline's file cannot be read.</exception>
    public Engines(ServedModel model, ServingOptions options, ServingMetrics metrics, ILogger<Engines> log)
    {
        (Model, Options) = (model, options);
        Watch = options.Drift is { } drift && model.LanguageModel is { } network ? new GeometryWatch(network, model.Name, drift, metrics, log) : null;
        Rows = model.Rows is { } rows ? new(Settings("predict"), rows.Score, metrics) : null;
        Embeddings = model.Embedder is { } embedder ? new(Settings("embeddings"), embedder.Embed, metrics) : null;
        Writing = model.Writer is null ? null : new(new BatchSettings("writing", options.Engines, MaxRows: 1, TimeSpan.Zero, options.MaxQueuedGenerations), Write, metrics);

        BatchSettings Settings(string name) => new(name, options.Engines, options.MaxBatchRows, options.MaxBatchDelay, options.MaxQueuedRows);

        IReadOnlyList<IReadOnlyList<GeneratedText>> Write(IReadOnlyList<WritingJob> jobs)
        {
            IReadOnlyList<GeneratedText>[] written = [.. jobs.Select(job => job.Write(job.Cancel))];
            metrics.Wrote(written.Sum(texts => texts.Sum(text => text.TokenIds.Count)));
            return written;
        }
    }

    internal ServedModel Model { get; }

    internal ServingOptions Options { get; }

    /// <summary>Scores rows; null where the model does not.</summary>
    internal BatchQueue<object?[], byte[]>? Rows { get; }

    /// <summary>Embeds texts; null where the model does not.</summary>
    internal BatchQueue<string, float[]>? Embeddings { get; }

    /// <summary>Writes texts; null where the model does not.</summary>
    internal BatchQueue<WritingJob, IReadOnlyList<GeneratedText>>? Writing { get; }

    /// <summary>Watches the geometry of served texts; null where nobody asked for it.</summary>
    internal GeometryWatch? Watch { get; }

    /// <summary>Whether nothing more is accepted.</summary>
    internal bool IsClosed => _closed;

    /// <summary>Hands rows to a pool.</summary>
    /// <exception cref="ApiException">Its queue is full, or the server is being stopped.</exception>
    internal Task<IReadOnlyList<TResult>> Enter<TRow, TResult>(BatchQueue<TRow, TResult> queue, IReadOnlyList<TRow> rows, CancellationToken cancel) =>
        queue.TryEnter(rows, cancel) ?? throw (_closed ? ApiException.Stopping() : ApiException.Full(queue.RetryAfterSeconds));

    /// <summary>Checks a text's length.</summary>
    /// <exception cref="ApiException">It is too long.</exception>
    internal void CheckText(int characters, string place)
    {
        if (characters > Options.MaxTextLength)
        {
            throw ApiException.TooLarge($"'{place}' has {characters} characters; this server takes {Options.MaxTextLength} of a text.", place);
        }
    }

    /// <summary>Checks how many rows a request has.</summary>
    /// <exception cref="ApiException">There are none, or too many.</exception>
    internal void CheckRows(int count, string place)
    {
        if (count == 0)
        {
            throw ApiException.Bad($"'{place}' is empty; it must have at least one element.", place, "invalid_value");
        }

        if (count > Options.MaxRowsPerRequest)
        {
            throw ApiException.TooLarge($"'{place}' has {count} elements; this server takes {Options.MaxRowsPerRequest} of a request.", place);
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called when the web server has answered what it accepted, or has given up on it.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _closed = true;
        Rows?.Close();
        Embeddings?.Close();
        Writing?.Close();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Rows?.Dispose();
        Embeddings?.Dispose();
        Writing?.Dispose();
        Watch?.Dispose();
    }
}
