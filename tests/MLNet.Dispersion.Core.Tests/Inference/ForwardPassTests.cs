using MLNet.Dispersion.Tests.Geometry;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Inference;

public sealed class ForwardPassTests
{
    [Fact]
    public void Read_BackboneInTraining_SeesEvaluationModeWithoutGradientsAndIsPutBack()
    {
        using var scope = NewDisposeScope();
        using var backbone = new FakeBackbone();
        backbone.train();
        backbone.Dropout.eval();

        new ForwardPass(backbone).Read(TokenBatch.Pad([[1, 2, 3]], padId: 0), HiddenStateSelection.All);

        Assert.Equal((false, false, true, false), (backbone.SawTraining, backbone.SawGradients, backbone.training, backbone.Dropout.training));
    }

    [Fact]
    public void Train_BackboneInTraining_StaysThereWithGradients()
    {
        using var scope = NewDisposeScope();
        using var backbone = new FakeBackbone();
        backbone.train();

        PassOutput pass = new ForwardPass(backbone).Train(TokenBatch.Pad([[1, 2, 3], [4]], padId: 0), HiddenStateSelection.None);

        Assert.True(backbone.SawTraining && backbone.SawGradients && pass.States.LastHiddenState.requires_grad);
        Assert.Equal([true, true, true, true, false, false], pass.Mask!.data<bool>().ToArray());
        Assert.Equal([1, 2, 3, 4, 0, 0], pass.InputIds.data<long>().ToArray());
    }

    /// <summary>Rows of other lengths beside a row change none of its bits, with the mask or without.</summary>
    [Fact]
    public void Read_PaddedRows_GivesTheBitsOfTheMaskedPass()
    {
        using var scope = NewDisposeScope();
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var batch = TokenBatch.Pad([[5, 9, 70, 33, 8, 12], [200, 4, 4]], padId: 0);
        using var noGradient = no_grad();

        PassOutput read = new ForwardPass(model.Backbone, CPU).Read(batch, HiddenStateSelection.None);
        Tensor masked = model.Backbone.Forward(batch.InputIdsTensor(CPU), batch.AttentionMaskTensor(CPU), HiddenStateSelection.None).LastHiddenState;

        Assert.Null(read.Mask);
        Assert.Equal(masked[0].data<float>().ToArray(), read.States.LastHiddenState[0].data<float>().ToArray());
        Assert.Equal(masked[1].narrow(0, 0, 3).data<float>().ToArray(), read.States.LastHiddenState[1].narrow(0, 0, 3).data<float>().ToArray());
    }
}
