using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace MLNet.Dispersion.Serving;

/// <summary>Has texts written by an engine, whole or piece by piece.</summary>
internal static class EngineWriting
{
    /// <summary>Waits for whole texts.</summary>
    /// <exception cref="ApiException">What the model says against the request.</exception>
    internal static async Task<IReadOnlyList<GeneratedText>> Whole(Engines engines, Func<CancellationToken, IReadOnlyList<GeneratedText>> write, CancellationToken cancel)
    {
        try
        {
            return (await engines.Enter(engines.Writing!, [new WritingJob(write, cancel)], cancel).ConfigureAwait(false))[0];
        }
        catch (Exception e) when (Refusal(e) is { } refusal)
        {
            throw refusal;
        }
    }

    /// <summary>Sends pieces as they are written, as server-sent events.</summary>
    /// <param name="context">The request.</param>
    /// <param name="engines">Who writes.</param>
    /// <param name="write">Writes pieces, and tells the whole behind the last.</param>
    /// <param name="begin">What is sent first; null for nothing.</param>
    /// <param name="piece">What is sent for a piece.</param>
    /// <param name="end">What is sent behind the last piece.</param>
    /// <exception cref="ApiException">What the model says against the request.</exception>
    internal static async Task Stream(
        HttpContext context,
        Engines engines,
        Func<Action<GeneratedText>, CancellationToken, IEnumerable<string>> write,
        object? begin,
        Func<string, object> piece,
        Func<GeneratedText, IEnumerable<object>> end)
    {
        CancellationToken cancel = context.RequestAborted;
        Channel<string> pieces = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
        Task<IReadOnlyList<IReadOnlyList<GeneratedText>>> written = engines.Enter(engines.Writing!, [new WritingJob(Write, cancel)], cancel);
        _ = written.ContinueWith(task => pieces.Writer.TryComplete(task.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            // What speaks against the request is thrown before the answer begins.
            await pieces.Reader.WaitToReadAsync(cancel).ConfigureAwait(false);
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers["X-Accel-Buffering"] = "no";
            if (begin is not null)
            {
                await Send(context, Gate.Serialize(begin)).ConfigureAwait(false);
            }

            await foreach (string one in pieces.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
            {
                await Send(context, Gate.Serialize(piece(one))).ConfigureAwait(false);
            }

            foreach (object last in end((await written.ConfigureAwait(false))[0][0]))
            {
                await Send(context, Gate.Serialize(last)).ConfigureAwait(false);
            }

            await Send(context, "[DONE]").ConfigureAwait(false);
        }
        catch (Exception e) when (!context.Response.HasStarted && Refusal(e) is { } refusal)
        {
            throw refusal;
        }
        catch (Exception e) when (context.Response.HasStarted && e is not OperationCanceledException)
        {
            await Send(context, Gate.Serialize(Gate.ErrorOf(new ApiException(500, "The server failed while it wrote.", code: "internal_error")))).ConfigureAwait(false);
            throw;
        }

        IReadOnlyList<GeneratedText> Write(CancellationToken stop)
        {
            GeneratedText? whole = null;
            foreach (string one in write(finished => whole = finished, stop))
            {
                pieces.Writer.TryWrite(one);
            }

            return [whole!];
        }
    }

    /// <summary>What the model says against a request, as an answer; null where the server is at fault.</summary>
    private static ApiException? Refusal(Exception e) => e switch
    {
        ApiException own => own,
        ChatTemplateException => ApiException.Bad($"The model's chat template does not take this conversation: {e.Message}", "messages", "invalid_value"),
        ArgumentException or NotSupportedException => ApiException.Bad(e.Message, code: "invalid_value"),
        _ => null,
    };

    private static async Task Send(HttpContext context, string data)
    {
        await context.Response.WriteAsync($"data: {data}\n\n", Encoding.UTF8, context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
