namespace MLNet.Dispersion.Tests.Inference;

public sealed class StreamingTests
{
    private const string Prompt = "please refund my payment";

    [Fact]
    public async Task GenerateStreamingAsync_Pieces_MakeTheWholeText()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = new TextGenerationOptions { MaxNewTokens = 20, StopAtEndOfText = false };
        GeneratedText whole = model.Generate([Prompt], options)[0];
        GeneratedText? finished = null;
        List<string> pieces = [];

        await foreach (string piece in model.GenerateStreamingAsync(Prompt, options, text => finished = text))
        {
            pieces.Add(piece);
        }

        Assert.Equal(whole.Text, string.Concat(pieces));
        Assert.True(pieces.Count > 1);
        Assert.Equal(whole.TokenIds, finished!.TokenIds);
    }

    [Fact]
    public async Task GenerateStreamingAsync_Cancelled_Ends()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var stop = new CancellationTokenSource();
        var options = new TextGenerationOptions { MaxNewTokens = 1000, StopAtEndOfText = false };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string piece in model.GenerateStreamingAsync(Prompt, options, cancellationToken: stop.Token))
            {
                await stop.CancelAsync();
            }
        });
    }

    [Fact]
    public async Task GenerateStreamingAsync_ReaderThatLeaves_StopsTheWriting()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        GeneratedText? finished = null;
        await foreach (string piece in model.GenerateStreamingAsync(Prompt, new TextGenerationOptions { StopAtEndOfText = false, MaxNewTokens = 100 }, text => finished = text))
        {
            break;
        }

        // The writing has ended when the enumeration has; it cannot have told of a whole text later than this.
        GeneratedText? told = finished;
        await Task.Delay(50);
        Assert.Same(told, finished);
    }

    [Fact]
    public void GenerateStreamingAsync_WrongOptions_ThrowsAtOnce()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = model.GenerateStreamingAsync(Prompt, new TextGenerationOptions { TopK = 0 }); });
    }
}
