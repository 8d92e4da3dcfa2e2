namespace MLNet.Dispersion.Tests.Models;

/// <summary>Rotary settings, head sizes and windows, in the older and the newer form of config.json.</summary>
public sealed class RotaryConfigTests
{
    private const string Scaled = "\"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 40";

    [Theory]
    [InlineData("", 100)]
    [InlineData("\"rope_parameters\": null", 100)]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\"}", 100)]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": null}", 100)]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 5e5}", 5e5)]
    [InlineData("\"rope_theta\": null, \"rope_parameters\": {\"rope_theta\": 5e5}", 5e5)]
    [InlineData("\"rope_theta\": null, \"rope_parameters\": {}", 1e4)]
    public void Read_ThetaInEitherForm_TakesTheSectionBeforeTheTop(string settings, double theta)
    {
        RotarySpec rotary = LlamaFamily.Read(TinyConfigs.Reader(TinyConfigs.Llama, settings)).Spec.Block.Attention.Rotary!;

        Assert.Equal(theta, rotary.Theta);
        Assert.Null(rotary.Scaling);
    }

    [Theory]
    [InlineData("\"rope_scaling\": {\"rope_type\": \"llama3\", " + Scaled + "}")]
    [InlineData("\"rope_scaling\": {\"type\": \"llama3\", " + Scaled + "}")]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"llama3\", \"rope_theta\": 100, " + Scaled + "}")]
    [InlineData("\"rope_scaling\": null, \"rope_parameters\": {\"rope_type\": \"llama3\", " + Scaled + "}")]
    [InlineData("\"rope_scaling\": {}, \"rope_parameters\": {\"rope_type\": \"llama3\", " + Scaled + "}")]
    public void Read_ScalingInEitherForm_IsTheSame(string settings)
    {
        RotarySpec rotary = LlamaFamily.Read(TinyConfigs.Reader(TinyConfigs.Llama, settings)).Spec.Block.Attention.Rotary!;

        Assert.Equal(new Llama3RopeScaling(8, 1, 4, 40), rotary.Scaling);
        Assert.Equal(100, rotary.Theta);
    }

    [Theory]
    [InlineData("qwen3", "", 128)]
    [InlineData("qwen3", "\"head_dim\": 6", 6)]
    [InlineData("qwen2", "", 2)]
    [InlineData("llama", "\"head_dim\": null", 2)]
    [InlineData("llama", "\"head_dim\": 6", 6)]
    public void Read_HeadSize_HasTheDefaultOfItsArchitecture(string modelType, string settings, int expected)
    {
        var reader = LlamaReader(modelType, settings);

        Assert.Equal(expected, LlamaFamily.Read(reader).Spec.Block.Attention.HeadSize);
    }

    [Theory]
    [InlineData("mistral", "\"max_position_embeddings\": 4096")]
    [InlineData("mistral", "\"max_position_embeddings\": 8192, \"sliding_window\": null")]
    [InlineData("mistral", "\"max_position_embeddings\": 8192, \"sliding_window\": 8192")]
    [InlineData("qwen2", "\"max_position_embeddings\": 8192, \"sliding_window\": 16")]
    [InlineData("qwen3", "\"max_position_embeddings\": 8192, \"use_sliding_window\": false")]
    [InlineData("llama", "\"max_position_embeddings\": 8192, \"use_sliding_window\": true")]
    public void Read_WindowNeverReached_IsAllowed(string modelType, string settings)
    {
        var reader = LlamaReader(modelType, settings);

        Assert.InRange(LlamaFamily.Read(reader).Spec.ContextLength, 4096, 8192);
    }

    [Theory]
    [InlineData("mistral", "\"max_position_embeddings\": 8192", "is 4096 (the default of mistral), below max_position_embeddings = 8192", "to 4096")]
    [InlineData("mistral", "\"sliding_window\": 11", "is 11, below max_position_embeddings = 12", "to 11")]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"sliding_window\": 5", "is 5, below max_position_embeddings = 12", "to 5")]
    [InlineData("qwen3", "\"use_sliding_window\": true, \"max_position_embeddings\": 5000", "is 4096 (the default of qwen3)", "to 4096")]
    public void Read_WindowBelowTheContext_NamesKeyValueAndCure(string modelType, string settings, string value, string cure)
    {
        var reader = LlamaReader(modelType, settings);

        AssertNames(() => LlamaFamily.Read(reader), "sliding_window", value, "Lower max_position_embeddings " + cure);
    }

    [Theory]
    [InlineData("", 4)]
    [InlineData("\"rotary_pct\": null", 2)]
    [InlineData("\"rotary_pct\": 1", 8)]
    [InlineData("\"rotary_pct\": 0.3", 2)]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\"}", 4)]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\", \"partial_rotary_factor\": 0.25}", 2)]
    public void Read_RotaryShare_GivesTheRotatedFeaturesOfAHead(string settings, int expected)
    {
        Assert.Equal(expected, GptNeoXFamily.Read(TinyConfigs.Reader(TinyConfigs.NeoX, settings)).Spec.Block.Attention.Rotary!.Dimensions);
    }

    [Theory]
    [InlineData("\"rotary_pct\": 0.1", "rotary_pct is 0.1 of the 8 features")]
    [InlineData("\"rotary_pct\": 0.45", "rotary_pct is 0.45 of the 8 features")]
    [InlineData("\"rotary_pct\": 2", "rotary_pct is 2 of the 8 features")]
    [InlineData("\"rotary_pct\": 1e300", "rotary_pct is 1E+300 of the 8 features")]
    [InlineData("\"rope_parameters\": {\"partial_rotary_factor\": 0.1}", "rope_parameters: partial_rotary_factor is 0.1 of the 8 features")]
    public void Read_RotaryShareOfNoPairs_NamesKeyValueAndCure(string settings, string keyAndValue)
    {
        AssertNames(() => GptNeoXFamily.Read(TinyConfigs.Reader(TinyConfigs.NeoX, settings)), keyAndValue, "an even number of features from 2 to 8");
    }

    [Theory]
    [InlineData("\"rotary_emb_base\": 500", 500)]
    [InlineData("\"rotary_emb_base\": 500, \"rope_parameters\": {\"rope_theta\": 700}", 700)]
    [InlineData("\"rotary_emb_base\": 500, \"rope_parameters\": {\"partial_rotary_factor\": 0.5}", 500)]
    [InlineData("", 10000)]
    public void Read_NeoXTheta_TakesTheSectionBeforeTheTop(string settings, double theta)
    {
        Assert.Equal(theta, GptNeoXFamily.Read(TinyConfigs.Reader(TinyConfigs.NeoX, settings)).Spec.Block.Attention.Rotary!.Theta);
    }

    [Theory]
    [InlineData(TinyConfigs.Llama, "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4}", "rope_scaling: rope_type is 'yarn'; supported: default, llama3")]
    [InlineData(TinyConfigs.Llama, "\"rope_parameters\": {\"rope_type\": \"yarn\", \"rope_theta\": 1e4}", "rope_parameters: rope_type is 'yarn'; supported: default, llama3")]
    [InlineData(TinyConfigs.Llama, "\"rope_parameters\": {\"rope_theta\": -1}", "rope_parameters: rope_theta is -1; it must be a number above 0")]
    [InlineData(TinyConfigs.Llama, "\"rope_parameters\": 7", "rope_parameters must be an object or null")]
    [InlineData(TinyConfigs.Llama, "\"rope_scaling\": [1]", "rope_scaling must be an object or null")]
    [InlineData(TinyConfigs.NeoX, "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}", "rope_scaling: type is 'linear'; supported: default")]
    [InlineData(TinyConfigs.NeoX, "\"rope_parameters\": {\"rope_type\": \"llama3\", " + Scaled + "}", "rope_parameters: rope_type is 'llama3'; supported: default")]
    public void Read_UnsupportedRotarySection_NamesKeyValueAndWhatIsSupported(string family, string settings, string named)
    {
        var reader = TinyConfigs.Reader(family, settings);

        AssertNames(() => { _ = family == TinyConfigs.NeoX ? GptNeoXFamily.Read(reader) : LlamaFamily.Read(reader); }, named);
    }

    private static ConfigReader LlamaReader(string modelType, string settings) =>
        TinyConfigs.Reader(TinyConfigs.Llama.Replace("\"llama\"", $"\"{modelType}\"", StringComparison.Ordinal), settings);

    private static void AssertNames(Action read, params string[] parts)
    {
        string message = Assert.Throws<ModelFileException>(read).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.InRange(message.Length, 1, 500);
    }
}
