using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace MLNet.Dispersion;

/// <summary>Writes on a thread of its own what another reads piece by piece.</summary>
internal static class BackgroundPieces
{
    /// <summary>Gives pieces out as they are written. Who stops reading stops the writing, which then has ended.</summary>
    /// <param name="write">Writes; its errors are the reader's.</param>
    /// <param name="cancellationToken">Ends both.</param>
    internal static async IAsyncEnumerable<string> Of(Func<CancellationToken, IEnumerable<string>> write, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<string> pieces = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        Task writing = Task.Run(() => Write(write, pieces.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (string piece in pieces.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return piece;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(false);
        }
    }

    private static void Write(Func<CancellationToken, IEnumerable<string>> write, ChannelWriter<string> pieces, CancellationToken cancel)
    {
        try
        {
            foreach (string piece in write(cancel))
            {
                pieces.TryWrite(piece);
            }

            pieces.Complete();
        }
        catch (Exception e)
        {
            pieces.Complete(e);
        }
    }
}
