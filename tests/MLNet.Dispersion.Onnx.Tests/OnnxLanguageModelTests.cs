using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>Encoders and language models as ONNX files: embeddings, adapters, files of two parts, refusals.</summary>
public sealed class OnnxLanguageModelTests : IDisposable
{
    private const double Tolerance = 1e-5;
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(TextPooling.Mean, true)]
    [InlineData(TextPooling.FirstToken, false)]
    [InlineData(TextPooling.Max, true)]
    [InlineData(TextPooling.MeanSqrtLength, false)]
    [InlineData(TextPooling.WeightedMean, true)]
    [InlineData(TextPooling.LastToken, true)]
    public void Embeddings_AreTheFeatures(TextPooling pooling, bool normalize)
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBert.Backbone);
        model.SaveOnnx(_scratch.File("model.onnx"), new() { Content = OnnxContent.Embeddings, Pooling = pooling, Normalize = normalize });

        string[] texts = ["the refund", "my parcel is broken again, please!", "it was today", ""];
        var extractor = new TextFeatureExtractor(model, new TextFeatureOptions { Pooling = pooling, Normalize = normalize });
        float[][] expected = [.. extractor.Extract(texts, likelihoods: false).Select(features => features.Embedding!)];
        var (ids, mask) = OnnxTextModelTests.Padded([.. texts.Select(text => model.Tokenizer.Encode(text).Ids)]);
        using var run = new OnnxRun(_scratch.File("model.onnx"));
        Near.Check("sentence_embedding", stack([.. expected.Select(vector => tensor(vector))]), run.Run(ids, mask)["sentence_embedding"], null, Tolerance);
    }

    [Fact]
    public void Adapter_IsMergedIntoTheFile_AndStaysBesideTheModel()
    {
        using PretrainedLanguageModel model = TinyLlama.Create();
        int[][] blocks = [.. Enumerable.Range(0, 8).Select(block => Enumerable.Range(block, 12).ToArray())];
        LanguageModelTrainer.Train(model, blocks, new FineTuneOptions { Epochs = 1, LearningRate = 0.01, ValidationFraction = 0, Lora = new LoraOptions { Rank = 2 } });
        model.SaveOnnx(_scratch.File("model.onnx"));
        Assert.NotNull(model.Adapter);
        Assert.False(model.AdapterIsMerged);
        AssertLogits(model);
    }

    [Fact]
    public void Weights_OfTooManyBytes_StandInASecondFile()
    {
        using PretrainedLanguageModel model = TinyLlama.Create();
        model.SaveOnnx(_scratch.File("model.onnx"), new() { MaxFileBytes = 1000 });
        Assert.True(new FileInfo(_scratch.File("model.onnx_data")).Length > new FileInfo(_scratch.File("model.onnx")).Length / 4);
        AssertLogits(model);

        model.SaveOnnx(_scratch.File("model.onnx"));
        Assert.False(File.Exists(_scratch.File("model.onnx_data")), "The second file of a former model stayed.");
        AssertLogits(model);
    }

    [Theory]
    [InlineData(OnnxWeightType.Float16, 0.02)]
    [InlineData(OnnxWeightType.Int8, 0.5)]
    public void ShorterWeights_TokenByToken_LoseLittle(OnnxWeightType type, double tolerance)
    {
        using var noGradient = no_grad();
        using PretrainedLanguageModel model = TinyLlama.Create();
        model.SaveOnnx(_scratch.File("model.onnx"), new() { Type = type, HasPast = true, MaxFileBytes = 0 });
        using var run = new OnnxRun(_scratch.File("model.onnx"));
        Tensor ids = tensor(new long[] { 5, 6, 7, 8, 9, 10 }, 1, 6);
        var text = new OnnxText(run, 1);
        Tensor logits = cat([text.Read(ids.narrow(1, 0, 4)), text.Read(ids.narrow(1, 4, 1)), text.Read(ids.narrow(1, 5, 1))], 1);
        Tensor expected = model.Backbone.Logits(model.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState);
        Near.Check("logits", expected, logits, null, tolerance);
        Assert.True(Near.Distance(expected, logits) > 0);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("llama")]
    public void Int8_OfAText_StaysTheSameWhateverStandsBesideIt(string family)
    {
        const int Largest = 9;
        using PretrainedLanguageModel model = family == "bert" ? PretrainedLanguageModel.Load(TinyBert.Backbone) : TinyLlama.Create();
        using (no_grad())
        {
            // A token with a number far above all others: were scales shared, it would make the others' coarse.
            model.Backbone.named_parameters().First(pair => pair.parameter.shape[0] == model.Backbone.Info.VocabularySize).parameter.select(0, Largest).narrow(0, 0, 1).fill_(100);
        }

        model.SaveOnnx(_scratch.File("model.onnx"), new() { Type = OnnxWeightType.Int8 });
        using var run = new OnnxRun(_scratch.File("model.onnx"));
        string output = run.Outputs[0];
        Tensor text = tensor(new long[] { 5, 6, 7, 8, 3, 4 }, 1, 6), others = tensor(new long[] { Largest, Largest, 5, Largest, 20, 21, 11, Largest, 12, 13, 30, Largest }, 2, 6);
        Tensor alone = run.Run(text)[output];
        Near.Check("beside others", alone, run.Run(cat([text, others]))[output].narrow(0, 0, 1), null, Tolerance);

        Tensor longer = cat([others, others.narrow(1, 0, 3)], 1), padded = cat([text, zeros_like(text).narrow(1, 0, 3)], 1), mask = ones_like(longer);
        Tensor ids = cat([padded, longer]), real = cat([cat([ones_like(text), zeros_like(text).narrow(1, 0, 3)], 1), mask]);
        Near.Check("padded", alone, run.Run(ids, real)[output].narrow(0, 0, 1).narrow(1, 0, 6), null, Tolerance);
    }

    [Fact]
    public void HiddenStates_OfADecoder_CanBeAskedFor()
    {
        using var noGradient = no_grad();
        using PretrainedLanguageModel model = TinyLlama.Create();
        model.SaveOnnx(_scratch.File("model.onnx"), new() { Content = OnnxContent.HiddenStates });
        using var run = new OnnxRun(_scratch.File("model.onnx"));
        Tensor ids = tensor(new long[] { 5, 6, 7 }, 1, 3);
        Assert.Equal(["last_hidden_state"], run.Outputs);
        Near.Check("states", model.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState, run.Run(ids)["last_hidden_state"], null, Tolerance);
    }

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("vocab.txt")]
    public void TokenizerBesideTheFile_IsATokenizerJson_ThatCutsAlike(string file)
    {
        using PretrainedLanguageModel model = file == "vocab.txt" ? PretrainedLanguageModel.Load(TinyBert.Backbone) : TinyLlama.Create();
        model.SaveOnnx(_scratch.File("model.onnx"));
        model.Save(_scratch.File("own"));
        Assert.False(File.Exists(_scratch.File("own", "tokenizer.json")));
        Assert.True(File.Exists(_scratch.File("config.json")));
        TextTokenizer own = TextTokenizer.Load(new DirectorySource(_scratch.File("own")));
        File.Delete(_scratch.File(file));
        TextTokenizer beside = TextTokenizer.Load(new DirectorySource(_scratch.Folder));
        foreach (string text in new[] { "", "please refund my  money", " ünïcode 中文 <|endoftext|> x", "don't\n\n", "Unwanted, THE café's [MASK]!" })
        {
            Assert.Equal(own.Encode(text).Ids, beside.Encode(text).Ids);
            Assert.Equal(own.Decode(own.Encode(text).Ids), beside.Decode(own.Encode(text).Ids));
        }

        Assert.Equal(own.EncodePair("the refund", "my parcel").Ids, beside.EncodePair("the refund", "my parcel").Ids);
    }

    [Fact]
    public void ModelCard_LiesBesideTheFile_UnlessThereIsOneOfYourOwn()
    {
        using PretrainedLanguageModel model = TinyLlama.Create();
        model.SaveOnnx(_scratch.File("tuned", "model.onnx"));
        string card = File.ReadAllText(_scratch.File("tuned", "README.md"));
        Assert.Contains("pipeline_tag: text-generation", card, StringComparison.Ordinal);
        Assert.Contains("# tuned", card, StringComparison.Ordinal);
        Assert.DoesNotContain("library_name", card, StringComparison.Ordinal);

        File.WriteAllText(_scratch.File("tuned", "README.md"), "my own");
        model.SaveOnnx(_scratch.File("tuned", "model.onnx"));
        Assert.Equal("my own", File.ReadAllText(_scratch.File("tuned", "README.md")));
    }

    [Fact]
    public void WhatDoesNotFit_IsRefusedByItsReason_AndLeavesNothing()
    {
        using PretrainedLanguageModel bert = PretrainedLanguageModel.Load(TinyBert.Backbone), llama = TinyLlama.Create();
        string path = _scratch.File("model.onnx");
        Assert.Contains("predicts no next tokens", Assert.Throws<ArgumentException>(() => bert.SaveOnnx(path, new() { Content = OnnxContent.NextTokens })).Message, StringComparison.Ordinal);
        Assert.Contains("no head", Assert.Throws<ArgumentException>(() => bert.SaveOnnx(path, new() { Content = OnnxContent.Head })).Message, StringComparison.Ordinal);
        Assert.Contains("HasPast", Assert.Throws<ArgumentException>(() => bert.SaveOnnx(path, new() { HasPast = true })).Message, StringComparison.Ordinal);
        Assert.Contains("decoder", Assert.Throws<ArgumentException>(() => llama.SaveOnnx(path, new() { Content = OnnxContent.Embeddings })).Message, StringComparison.Ordinal);
        Assert.Contains("Embeddings", Assert.Throws<ArgumentException>(() => llama.SaveOnnx(path, new() { Normalize = true })).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_scratch.Folder));
    }

    [Fact]
    public void PathThatCannotBeWritten_IsNamed()
    {
        using PretrainedLanguageModel model = TinyLlama.Create();
        Assert.Contains("directory", Assert.Throws<ModelFileException>(() => model.SaveOnnx(_scratch.Folder)).Message, StringComparison.Ordinal);
        File.WriteAllText(_scratch.File("file"), "");
        Assert.Contains("file", Assert.Throws<ModelFileException>(() => model.SaveOnnx(_scratch.File("file", "model.onnx"))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.SaveOnnx(" "));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("README.md")]
    public void NameOfAFileThatLiesBeside_IsRefused_AndNothingIsLeft(string name)
    {
        using PretrainedLanguageModel model = TinyLlama.Create();
        Assert.Contains($"'{name}' is the name of another file", Assert.Throws<ModelFileException>(() => model.SaveOnnx(_scratch.File("out", name))).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_scratch.Folder));
    }

    [Fact]
    public void WeightBeyondFloat16_IsRefused_AndTheFormerFileStays()
    {
        using PretrainedLanguageModel model = TinyLlama.Create();
        model.SaveOnnx(_scratch.File("model.onnx"));
        byte[] former = File.ReadAllBytes(_scratch.File("model.onnx"));
        using (no_grad())
        {
            model.Backbone.named_parameters().First(pair => pair.name.EndsWith("q_proj.weight", StringComparison.Ordinal)).parameter.fill_(1e6);
        }

        Assert.Contains("float16", Assert.Throws<ArgumentException>(() => model.SaveOnnx(_scratch.File("model.onnx"), new() { Type = OnnxWeightType.Float16 })).Message, StringComparison.Ordinal);
        Assert.Equal(former, File.ReadAllBytes(_scratch.File("model.onnx")));
    }

    [Fact]
    public void Clone_IsACopy()
    {
        var options = new OnnxSaveOptions { Type = OnnxWeightType.Int8, Content = OnnxContent.Embeddings, HasPast = true, Pooling = TextPooling.Max, Normalize = false, MaxFileBytes = 5 };
        OnnxSaveOptions copy = options.Clone();
        Assert.Equivalent(options, copy, strict: true);
        copy.Type = OnnxWeightType.Float32;
        Assert.Equal(OnnxWeightType.Int8, options.Type);
        Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxSaveOptions { Pooling = TextPooling.Attention }.Validate());
    }

    private void AssertLogits(PretrainedLanguageModel model)
    {
        using var noGradient = no_grad();
        using var run = new OnnxRun(_scratch.File("model.onnx"));
        Tensor ids = tensor(new long[] { 5, 6, 7, 8, 9, 9, 3, 4 }, 2, 4);
        Near.Check("logits", model.Backbone.Logits(model.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState), run.Run(ids)["logits"], null, Tolerance);
    }
}
