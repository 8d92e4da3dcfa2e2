using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The block's attention branch.</summary>
internal sealed class BertAttention : nn.Module
{
    private readonly BertSelfAttention self;
    private readonly BertOutput output;

    internal BertAttention(ForwardContext context, BertConfig config)
        : base(nameof(BertAttention))
    {
        self = new BertSelfAttention(context, config);
        output = new BertOutput(context, config, config.HiddenSize);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input, Tensor? allowed) => output.Forward(self.Forward(input, allowed), input);
}
