using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Checks the input of a forward pass, since a wrong id would end in a native error far from its cause.</summary>
internal static class InputCheck
{
    internal static void Validate(BackboneInfo info, Tensor inputIds, Tensor? attentionMask)
    {
        ArgumentNullException.ThrowIfNull(inputIds);
        if (inputIds.dim() != 2 || inputIds.dtype != ScalarType.Int64 || inputIds.numel() == 0)
        {
            throw new ArgumentException($"Token ids must be int64 of shape [B, L] with at least one token; these are {inputIds.dtype} [{string.Join(", ", inputIds.shape)}].", nameof(inputIds));
        }

        long length = inputIds.shape[1];
        if (length > info.ContextLength)
        {
            throw new ArgumentException($"The sequences have {length} tokens; the backbone's context holds {info.ContextLength}. Cut them off or pass shorter blocks.", nameof(inputIds));
        }

        using var scope = NewDisposeScope();
        long smallest = inputIds.min().item<long>();
        long largest = inputIds.max().item<long>();
        if (smallest < 0 || largest >= info.VocabularySize)
        {
            throw new ArgumentException($"Token id {(smallest < 0 ? smallest : largest)} is outside the vocabulary 0..{info.VocabularySize - 1}: the tokenizer does not belong to this backbone.", nameof(inputIds));
        }

        if (attentionMask is not null)
        {
            ValidateMask(inputIds, attentionMask);
        }
    }

    private static void ValidateMask(Tensor inputIds, Tensor attentionMask)
    {
        if (attentionMask.dtype != ScalarType.Bool || !attentionMask.shape.AsSpan().SequenceEqual(inputIds.shape))
        {
            throw new ArgumentException($"The attention mask must be bool of the ids' shape [{string.Join(", ", inputIds.shape)}]; it is {attentionMask.dtype} [{string.Join(", ", attentionMask.shape)}].", nameof(attentionMask));
        }

        // Real tokens first, then pads: no row may rise from false to true, and none may begin with a pad.
        long length = attentionMask.shape[1];
        bool startsReal = attentionMask.select(1, 0).all().item<bool>();
        var rises = attentionMask.narrow(1, 1, length - 1).logical_and(attentionMask.narrow(1, 0, length - 1).logical_not());
        if (!startsReal || rises.any().item<bool>())
        {
            throw new ArgumentException("Padding must be on the right, and every row needs at least one real token.", nameof(attentionMask));
        }
    }
}
