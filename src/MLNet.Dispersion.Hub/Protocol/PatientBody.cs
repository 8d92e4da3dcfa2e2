using System.Globalization;

namespace MLNet.Dispersion.Hub;

/// <summary>The body of an answer, read as long as the server goes on sending. Not thread-safe.</summary>
internal sealed class PatientBody : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly TimeSpan _patience;

    private PatientBody(Stream stream, TimeSpan patience)
    {
        _stream = stream;
        _patience = patience;
    }

    internal static async Task<PatientBody> OpenAsync(HttpResponseMessage response, HubSettings settings, CancellationToken cancellationToken) =>
        new(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), settings.Options.Patience);

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>Whether an exception of <see cref="ReadAsync"/> means that the body broke off.</summary>
    internal static bool IsBreak(Exception e) => e is IOException or HttpRequestException;

    /// <summary>Reads some bytes; 0 at the end.</summary>
    /// <exception cref="IOException">The connection broke, or the server was silent for too long.</exception>
    internal async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(_patience);
        try
        {
            return await _stream.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"The server was silent for {_patience.TotalSeconds} s."), e);
        }
    }
}
